import MongoBSON
import Synchronization

/// Blocking access to one database; everything above it decides when and on which thread.
package final class Connection: Sendable {
    package let pool: ClientPool
    package let database: String
    /// The kind of deployment when it was asked last.
    private let known = Mutex<Deployment?>(nil)

    package init(uri: String, database: String) throws(MongoError) {
        // Every handler and every scan holds at most one client at a time.
        pool = try ClientPool(uri: uri, application: "lockstep", maximum: 256)
        self.database = database
    }

    /// Runs a command on the database and gives the whole answer; throws, too, when one of its writes failed.
    @discardableResult
    package func run(
        _ command: BSONDocument, on other: String? = nil, operation: String, namespace: String? = nil
    ) throws(MongoError) -> BSONDocument {
        var builder = BSONBuilder()
        builder.append(elementsOf: command)
        let lent = pool.borrow()
        let reply = try lent.client.run(
            builder, on: other ?? database, operation: operation, namespace: namespace ?? database)
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

    /// The same of Lockstep's own state, where each operation must work: the first that does not is thrown.
    @discardableResult
    package func store(
        _ command: borrowing BSONBuilder, collection: String, concern: WriteConcern? = .majority,
        operation: String
    ) throws(MongoError) -> WriteResult {
        let result = try write(command, collection: collection, concern: concern, operation: operation)
        if let error = result.errors.first {
            throw MongoError(error, operation: operation, namespace: namespace(of: collection))
        }
        return result
    }

    /// Runs a query to its end, lending each document.
    package func query(
        _ command: borrowing BSONBuilder, collection: String, operation: String = "find",
        _ body: (BSONView) throws -> Void
    ) throws {
        let lent = pool.borrow()
        var cursor = try ServerCursor(
            opening: command, on: database, collection: collection, with: lent.client, operation: operation)
        do {
            while let batch = try cursor.next(with: lent.client) {
                try batch.forEach(body)
            }
        } catch {
            cursor.close(with: lent.client)
            throw error
        }
    }

    /// The number of documents by the collection's own count; no scan.
    package func estimatedCount(of collection: String) throws(MongoError) -> Int {
        try run(["count": BSONValue(collection)], operation: "count", namespace: namespace(of: collection))[
            "n"]?.int ?? 0
    }

    package func namespace(of collection: String) -> String {
        "\(database).\(collection)"
    }
}

/// The kind of deployment behind an address.
package struct Deployment: Sendable {
    package enum Kind: String, Sendable {
        case standalone, replicaSet, sharded
    }

    package let kind: Kind
    /// As `6.0.5`.
    package let version: String

    package var hasChangeStreams: Bool {
        kind != .standalone
    }
}

extension Connection {
    /// Asks the server what it is: it may be another one than before.
    ///
    /// - Throws: also where it is to be a member of a replica set that was never initiated.
    @discardableResult
    package func deployment() throws(MongoError) -> Deployment {
        let generation = pool.generation
        do {
            return try askForDeployment()
        } catch {
            // Connected anew meanwhile, as where the server demands that the API is declared.
            guard pool.generation != generation else { throw error }
            return try askForDeployment()
        }
    }

    private func askForDeployment() throws(MongoError) -> Deployment {
        let hello = try run(["hello": 1], on: "admin", operation: "hello")
        if let problem = uninitiatedProblem(hello, host: pool.redactedURI) {
            throw MongoError(
                source: .serverSelection, code: 0, message: problem, operation: "hello", namespace: "admin")
        }
        let build = try run(["buildInfo": 1], on: "admin", operation: "buildInfo")
        let kind: Deployment.Kind =
            if hello["msg"]?.string == "isdbgrid" {
                .sharded
            } else if hello["setName"] != nil {
                .replicaSet
            } else {
                .standalone
            }
        let deployment = Deployment(kind: kind, version: build["version"]?.string ?? "")
        known.withLock { $0 = deployment }
        return deployment
    }

    /// What it was when it was asked last; nil before.
    package var knownDeployment: Deployment? {
        known.withLock { $0 }
    }

    /// The cluster's time now: every write acknowledged before has an earlier or the same one.
    package func operationTime() throws(MongoError) -> BSONTimestamp? {
        try run(["hello": 1], on: "admin", operation: "hello")["operationTime"]?.timestamp
    }
}
