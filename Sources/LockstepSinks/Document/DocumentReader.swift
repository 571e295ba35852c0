import LockstepCore
import MongoBSON
import MongoDriver

/// Reads what one listener needs of documents as they are now, in as few queries as their `_id`s fit into.
package struct DocumentReader {
    package let connection: Connection
    package let listener: Listener
    package let comparison: ByteComparison
    /// Where the outputs live.
    package let sink: any Sink

    package init(connection: Connection, listener: Listener, comparison: ByteComparison, sink: any Sink) {
        self.connection = connection
        self.listener = listener
        self.comparison = comparison
        self.sink = sink
    }

    /// Outside of a round.
    ///
    /// - Parameter traits: of the listener's collection.
    package init(_ connection: Connection, _ listener: Listener, _ traits: CollectionTraits) {
        self.init(
            connection: connection, listener: listener, comparison: ByteComparison(listener, traits),
            sink: connection.sink(of: listener))
    }

    /// The evidence of each document that exists, by its key.
    package func read(_ keys: [DocumentKey]) throws -> [DocumentKey: Evidence] {
        var found: [DocumentKey: Evidence] = [:]
        found.reserveCapacity(keys.count)
        guard comparison.filter != nil else {
            for some in keys.perCommand { try query(some, matching: false) { found[$0] = $1 } }
            try lookUp(&found)
            return found
        }
        // The server decides what the listener's filter matches; the others are read for what is to go.
        let unjudged = try judging(keys) { some in
            try query(some, matching: true) { found[$0] = $1 }
        }
        let rest = keys.filter { found[$0] == nil }
        for some in rest.perCommand {
            try query(some, matching: false) { key, evidence in
                found[key] = evidence.judged(isMatching: false, unjudged: unjudged[key])
            }
        }
        try lookUp(&found)
        return found
    }

    /// Asks a sink whose outputs live elsewhere.
    private func lookUp(_ found: inout [DocumentKey: Evidence]) throws {
        guard sink.place == nil else { return }
        for (key, evidence) in try sink.evidence(of: Array(found.keys)) { found[key]?.stored = evidence }
    }

    private func query(
        _ keys: ArraySlice<DocumentKey>, matching: Bool, _ body: (DocumentKey, Evidence) -> Void
    ) throws {
        let projection = EvidenceProjection([self])
        var command = command(keys, matching: matching)
        command.document("projection") { projection.append(to: &$0) }
        try connection.query(command, collection: listener.collection.name) { document in
            guard let id = document["_id"] else { return }
            body(DocumentKey(BSONValue(copying: id)), projection.evidence(in: document)[0])
        }
    }

    /// The input of some document whose output is of the model's present version; nil when none is found soon.
    package func example() throws -> [BSONValue]? {
        let examples = try sink.examples(of: listener.model.version)
        guard !examples.isEmpty else { return nil }
        let found = try read(examples.map(\.key))
        return examples.lazy.compactMap { example -> [BSONValue]? in
            guard let input = found[example.key]?.input, example.provenance.input == Fingerprint(of: input)
            else { return nil }
            return input
        }.first
    }

    /// The bytes that each of the documents takes.
    package func sizes(_ keys: [DocumentKey]) throws -> [DocumentKey: Int] {
        var found: [DocumentKey: Int] = [:]
        for some in keys.perCommand {
            var command = command(some, matching: false)
            command.document("projection") { projection in
                projection.document("size") { $0.append("$$ROOT", forKey: "$bsonSize") }
            }
            try connection.query(command, collection: listener.collection.name) { view in
                guard let id = view["_id"], let size = view["size"]?.int64 else { return }
                found[DocumentKey(BSONValue(copying: id))] = Int(size)
            }
        }
        return found
    }

    package func command(_ keys: ArraySlice<DocumentKey>, matching: Bool) -> BSONBuilder {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") { conditions in
            conditions.appendIDs(keys)
            if matching, let filter = comparison.filter {
                conditions.array("$and") { $0.append(filter, forKey: "0") }
            }
        }
        if matching, let collation = comparison.collation {
            command.append(collation, forKey: "collation")
        }
        command.append(keys.count + 1, forKey: "batchSize")
        return command
    }
}
