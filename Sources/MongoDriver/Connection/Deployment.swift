import MongoBSON

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
    /// Asks the server what it is, which may have changed.
    ///
    /// - Throws: also where it is to be a member of a replica set that was never initiated.
    @discardableResult
    package func deployment() throws(MongoError) -> Deployment {
        let generation = pool.generation
        do {
            return try askForDeployment()
        } catch {
            // There is a new pool meanwhile, as where the server demands that the API is declared.
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
        knownDeployment = deployment
        return deployment
    }

    /// The cluster's time now: every write acknowledged before has an earlier or the same one.
    package func operationTime() throws(MongoError) -> BSONTimestamp? {
        try run(["hello": 1], on: "admin", operation: "hello")["operationTime"]?.timestamp
    }

    /// The times of the oldest and the newest entry of the oplog, in seconds since 1970; nil when it is empty.
    package func oplogWindow() throws(MongoError) -> (oldest: UInt32, newest: UInt32)? {
        func end(_ direction: Int) throws(MongoError) -> UInt32? {
            let find = Find(
                "oplog.rs", projection: ["ts": 1], sort: ["$natural": BSONValue(direction)], limit: 1)
            return try firstBatch(of: find, on: "local").documents.first?["ts"]?.timestamp?.seconds
        }
        guard let oldest = try end(1), let newest = try end(-1) else { return nil }
        return (oldest, newest)
    }
}
