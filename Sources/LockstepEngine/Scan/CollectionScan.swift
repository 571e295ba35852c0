import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

/// Reads a collection in the order of `_id`, with the evidence of several listeners for each document.
///
/// `min` with a hint goes by the index's own order: a comparison such as `{_id: {$gt: x}}` would skip every `_id`
/// of another type than `x`.
package struct CollectionScan {
    package let connection: Connection
    package let collection: String
    package let listeners: [Listener]

    package init(connection: Connection, collection: String, listeners: [Listener]) {
        self.connection = connection
        self.collection = collection
        self.listeners = listeners
    }

    package struct Document {
        package let key: DocumentKey
        /// One for each listener, in their order.
        package fileprivate(set) var evidence: [Evidence]
    }

    /// Lends page after page until the end or until `body` returns false; begins behind `after`.
    package func forEachPage(from after: BSONValue?, _ body: ([Document]) throws -> Bool) throws {
        // A view or a time-series collection may have taken the name: there is nothing to write beside.
        let traits = try connection.traits(of: collection)
        guard traits.obstacle == nil else { return }
        let readers = listeners.map { listener in
            DocumentReader(connection, listener, traits)
        }
        var from = after
        var backoff = Backoff()
        while !Self.isEnd(from) {
            do {
                try read(&from, readers) { page in
                    backoff.reset()
                    return try body(page)
                }
                return
            } catch  where (error as? MongoError)?.isTransient ?? (error.troubleOfSink != nil) {
                // The scan goes on from the last page.
                guard backoff.attempts < 20 else { throw error }
                blockThread(seconds: backoff.next())
            } catch let error as MongoError where error.code == MongoError.Code.documentTooLarge {
                // Keys that lie within each other bring a large document twice: its page is read listener by listener.
                guard try readByListener(&from, readers, body) else { return }
            }
        }
    }

    /// Nothing comes behind MaxKey, and MongoDB refuses to begin there.
    package static func isEnd(_ after: BSONValue?) -> Bool {
        after?.type == .maxKey
    }

    private func read(
        _ from: inout BSONValue?, _ readers: [DocumentReader], _ body: ([Document]) throws -> Bool
    ) throws {
        let projection = EvidenceProjection(readers)
        var command = command(from: from)
        command.document("projection") { projection.append(to: &$0) }
        let known = from.map(DocumentKey.init)
        let batches = try ReadAhead.open(connection) { client throws(MongoError) in
            try ServerCursor.open(
                command, on: connection.database, collection: collection, with: client,
                operation: "find")
        }
        defer { batches.close() }
        while let batch = try batches.next(limit: ScanPlace.pageSize) {
            var page: [Document] = []
            page.reserveCapacity(ScanPlace.pageSize)
            batch.forEach { view in
                guard let id = view["_id"] else { return }
                let key = DocumentKey(BSONValue(copying: id))
                if key != known {
                    page.append(Document(key: key, evidence: projection.evidence(in: view)))
                }
            }
            guard let last = page.last else { continue }
            try filter(&page, readers)
            guard try body(page) else { break }
            from = last.key.id
        }
    }

    /// One page by its `_id`s, then a query for each listener. False when it was the last, or `body` said so.
    private func readByListener(
        _ from: inout BSONValue?, _ readers: [DocumentReader], _ body: ([Document]) throws -> Bool
    ) throws -> Bool {
        var command = command(from: from)
        command.document("projection") { $0.append(1, forKey: "_id") }
        command.append(ScanPlace.pageSize, forKey: "limit")
        let known = from.map(DocumentKey.init)
        var keys: [DocumentKey] = []
        try connection.query(command, collection: collection) { view in
            guard let id = view["_id"] else { return }
            let key = DocumentKey(BSONValue(copying: id))
            if key != known { keys.append(key) }
        }
        guard let last = keys.last else { return false }
        let evidence = try readers.map { try $0.read(keys) }
        let page = keys.compactMap { key -> Document? in
            let found = evidence.compactMap { $0[key] }
            // A document that was deleted meanwhile is missing from some.
            return found.count == listeners.count ? Document(key: key, evidence: found) : nil
        }
        guard try body(page) else { return false }
        from = last.id
        return true
    }

    private func command(from: BSONValue?) -> BSONBuilder {
        var command = BSONBuilder()
        command.append(collection, forKey: "find")
        command.appendIDHint()
        // mechanism scan-order, off:
        //   if let from { command.document("filter") { $0.document("_id") { $0.append(from, forKey: "$gt") } } }
        if let from { command.document("min") { $0.append(from, forKey: "_id") } }
        command.append(ScanPlace.pageSize, forKey: "batchSize")
        return command
    }

    /// Removes the input where a listener's filter does not match, which the server decides, and adds the outputs that
    /// are not in the documents.
    private func filter(_ page: inout [Document], _ readers: [DocumentReader]) throws {
        for (place, reader) in readers.enumerated() where reader.sink.place == nil {
            let found = try reader.sink.evidence(of: page.map(\.key))
            for row in page.indices {
                if let stored = found[page[row].key] { page[row].evidence[place].stored = stored }
            }
        }
        for (place, reader) in readers.enumerated() where reader.listener.filter != nil {
            let judgement = try reader.judge(page.map(\.key))
            for row in page.indices {
                let key = page[row].key
                page[row].evidence[place] = page[row].evidence[place].judged(
                    isMatching: judgement.matching.contains(key), unjudged: judgement.failures[key])
            }
        }
    }
}
