import MongoBSON
import Synchronization

/// Access to one database. Every call blocks: callers choose the thread.
package final class Connection: Sendable {
    package let pool: ClientPool
    package let database: String
    /// The kind of deployment when it was asked last.
    private let known = Mutex<Deployment?>(nil)

    private init(pool: ClientPool, database: String) {
        self.pool = pool
        self.database = database
    }

    /// Reads the files that the URI names; connects to no server yet.
    package static func open(uri: String, database: String) throws(MongoError) -> Connection {
        // Every handler and every scan holds at most one client at a time.
        let pool = try ClientPool.open(uri: uri, application: "lockstep", maximum: 256)
        return Connection(pool: pool, database: database)
    }

    package func namespace(of collection: String) -> String {
        collection.hasPrefix("$cmd") ? database : "\(database).\(collection)"
    }

    /// The deployment as it was when it was asked last; nil before.
    package internal(set) var knownDeployment: Deployment? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }
}

// MARK: Commands of any form

extension Connection {
    /// Runs a command on the database and gives the whole answer; throws, too, when one of its writes failed.
    @discardableResult
    package func run(
        _ command: BSONDocument, on other: String? = nil, operation: String, namespace: String? = nil
    ) throws(MongoError) -> BSONDocument {
        var builder = BSONBuilder()
        builder.append(elementsOf: command)
        return try run(builder, on: other, operation: operation, namespace: namespace)
    }

    private func run(
        _ command: borrowing BSONBuilder, on other: String? = nil, operation: String, namespace: String?
    ) throws(MongoError) -> BSONDocument {
        let lent = pool.borrow()
        let reply = try lent.client.run(
            command, on: other ?? database, operation: operation, namespace: namespace ?? database)
        if let error = reply.withView({ WriteResult($0).errors.first }) {
            throw MongoError(error, operation: operation, namespace: namespace ?? database)
        }
        return reply.document
    }

    /// Runs an `insert`, `update` or `delete` command on a collection.
    package func write(
        _ command: borrowing BSONBuilder, collection: String, concern: WriteConcern? = nil, operation: String
    ) throws(MongoError) -> WriteResult {
        let lent = pool.borrow()
        return try lent.client.write(
            command, on: database, concern: concern, operation: operation,
            namespace: namespace(of: collection))
    }

    /// Runs a query to its end, lending each document.
    package func query(
        _ command: borrowing BSONBuilder, collection: String, operation: String = "find",
        _ body: (BSONView) throws -> Void
    ) throws {
        let lent = pool.borrow()
        var cursor = try ServerCursor.open(
            command, on: database, collection: collection, with: lent.client, operation: operation)
        do {
            while let batch = try cursor.next(with: lent.client) {
                try batch.forEach(body)
            }
        } catch {
            cursor.close(with: lent.client)
            throw error
        }
    }
}

// MARK: Typed commands

extension Connection {
    /// Runs a query to its end, lending each document.
    package func query(_ query: some QueryCommand, _ body: (BSONView) throws -> Void) throws {
        try self.query(query.command(), collection: query.collection, operation: query.operation, body)
    }

    /// The first batch of a query's answer, of up to 101 documents. Asks the primary, once.
    ///
    /// - Parameter other: default: the connection's database.
    package func firstBatch(
        of query: some QueryCommand, on other: String? = nil
    ) throws(MongoError) -> FirstBatch {
        let reply = try run(
            query.command(), on: other, operation: query.operation,
            namespace: other.map { "\($0).\(query.collection)" } ?? namespace(of: query.collection))
        return FirstBatch(reply)
    }

    /// Writes documents. Errors of single statements are in the result; only what concerns the whole command throws.
    ///
    /// - Parameter concern: default: what the URI says.
    package func write(
        _ write: some WriteCommand, concern: WriteConcern? = nil
    ) throws(MongoError) -> WriteResult {
        try self.write(
            write.command(), collection: write.collection, concern: concern, operation: write.operation)
    }

    /// The same where each statement must work: the error of the first that does not is thrown.
    @discardableResult
    package func store(
        _ write: some WriteCommand, concern: WriteConcern? = .majority
    ) throws(MongoError) -> WriteResult {
        let result = try self.write(write, concern: concern)
        if let error = result.errors.first {
            throw MongoError(
                error, operation: write.operation, namespace: namespace(of: write.collection))
        }
        return result
    }

    package func findAndModify(_ change: FindAndModify) throws(MongoError) -> FindAndModify.Outcome {
        var command = BSONBuilder()
        change.append(to: &command)
        let namespace = namespace(of: change.collection)
        let reply = try run(command, operation: change.operation, namespace: namespace)
        let error = reply["writeConcernError"]?.document
        return FindAndModify.Outcome(
            document: reply["value"]?.document,
            concernError: error.map {
                MongoError(
                    source: .server, code: $0["code"]?.int ?? 0, codeName: $0["codeName"]?.string ?? "",
                    message: $0["errmsg"]?.string ?? "", operation: change.operation, namespace: namespace)
            })
    }

    package func create(_ index: CreateIndex) throws(MongoError) {
        var command = BSONBuilder()
        index.append(to: &command)
        _ = try run(command, operation: index.operation, namespace: namespace(of: index.collection))
    }

    /// The number of documents by the collection's own count; no scan.
    package func estimatedCount(of collection: String) throws(MongoError) -> Int {
        let reply = try run(
            ["count": BSONValue(collection)], operation: "count", namespace: namespace(of: collection))
        return reply["n"]?.int ?? 0
    }
}

/// The first batch of a cursor's documents.
package struct FirstBatch: Sendable {
    package let documents: [BSONDocument]
    /// The cluster's time when the server answered; nil on a standalone server.
    package let operationTime: BSONTimestamp?

    init(_ reply: BSONDocument) {
        documents = reply[path: "cursor.firstBatch"]?.array?.compactMap(\.document) ?? []
        operationTime = reply["operationTime"]?.timestamp
    }
}
