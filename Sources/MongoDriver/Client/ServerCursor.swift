import MongoBSON

/// A cursor on the server, read batch by batch: of a query or of a change stream.
///
/// The batches come as the server sends them, whole: libmongoc's own change stream hands out one event at a time
/// and does not tell where a batch ends, at which point its next call may block.
package struct ServerCursor: ~Copyable {
    private let database: String
    private let namespace: String
    private let collection: String
    private let operation: String
    private let server: UInt32
    private let session: ClientSession
    private var id: Int64
    private var first: Reply?

    private init(
        database: String, namespace: String, collection: String, operation: String, server: UInt32,
        session: consuming ClientSession, first: consuming Reply
    ) {
        self.database = database
        self.namespace = namespace
        self.collection = collection
        self.operation = operation
        self.server = server
        self.session = session
        id = first.withView { $0["cursor"]?.nested?["id"]?.int64 ?? 0 }
        self.first = consume first
    }

    /// Sends a command that answers with a cursor, as `find` or `aggregate`; blocks.
    package static func open(
        _ command: borrowing BSONBuilder, on database: String, collection: String,
        with client: borrowing MongoClient, operation: String
    ) throws(MongoError) -> ServerCursor {
        let namespace = collection.hasPrefix("$cmd") ? database : "\(database).\(collection)"
        let server = try client.selectServer(operation: operation, namespace: namespace)
        let session = try client.startSession(operation: operation, namespace: namespace)
        let reply = try client.run(
            command, on: database, kind: .read, server: server, session: session.handle, operation: operation,
            namespace: namespace)
        return ServerCursor(
            database: database, namespace: namespace, collection: collection, operation: operation,
            server: server, session: session, first: reply)
    }

    /// The next batch; nil when the cursor is at its end.
    ///
    /// - Parameters:
    ///   - limit: documents at most; 0 leaves it to the server, which sends up to 16 MB.
    ///   - patience: milliseconds to wait for a first event; for change streams only.
    package mutating func next(
        with client: borrowing MongoClient, limit: Int = 0, patience: Int? = nil
    ) throws(MongoError) -> CursorBatch? {
        if let reply = first.take() { return CursorBatch(reply, key: "firstBatch") }
        guard id != 0 else { return nil }
        var command = BSONBuilder()
        command.append(int64: id, forKey: "getMore")
        command.append(collection, forKey: "collection")
        if limit > 0 { command.append(limit, forKey: "batchSize") }
        if let patience { command.append(patience, forKey: "maxTimeMS") }
        let reply = try client.run(
            command, on: database, server: server, session: session.handle, operation: operation,
            namespace: namespace)
        id = reply.withView { $0["cursor"]?.nested?["id"]?.int64 ?? 0 }
        return CursorBatch(reply, key: "nextBatch")
    }

    /// Frees the cursor on the server; an error does not matter, the server closes idle cursors itself.
    package consuming func close(with client: borrowing MongoClient) {
        guard id != 0 else { return }
        var command = BSONBuilder()
        command.append(collection, forKey: "killCursors")
        command.array("cursors") { $0.append(int64: id, forKey: "0") }
        _ = try? client.run(
            command, on: database, server: server, session: session.handle, operation: "killCursors",
            namespace: namespace)
    }
}

/// One batch of a cursor, in libmongoc's memory.
package struct CursorBatch: ~Copyable {
    private let reply: Reply
    private let key: StaticString

    init(_ reply: consuming Reply, key: StaticString) {
        self.reply = reply
        self.key = key
    }

    /// Lends each document in turn.
    package func forEach(_ body: (BSONView) throws -> Void) rethrows {
        try reply.withView { view throws in
            guard let documents = view["cursor"]?.nested?[key]?.nested else { return }
            for element in documents {
                if let document = element.nested { try body(document) }
            }
        }
    }

    /// Bytes of the server's whole answer.
    package var bytes: Int {
        reply.withView { $0.bytes.count }
    }

    /// The cluster's time when the server answered; nil on a standalone one.
    package var operationTime: BSONTimestamp? {
        reply.withView { $0["operationTime"]?.timestamp }
    }

    /// Where a change stream is after this batch, on empty batches too.
    package var resumeToken: BSONDocument? {
        reply.withView { $0["cursor"]?.nested?["postBatchResumeToken"]?.document }
    }
}
