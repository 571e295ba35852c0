import LockstepEngine
import LockstepState
import MongoBSON
import MongoDriver

/// What a daemon does, tried without doing it.
extension Database {
    /// Tries each right that Lockstep uses: on the collections of the listeners, on its own ones, and on the database.
    ///
    /// - Throws: what the server refuses first.
    package func checkRights() async throws {
        let listeners = listeners
        let deployment = deployment
        try await perform { connection in
            // As a session does at its start; a user of single collections may be refused there alone.
            _ = try connection.traits(of: CheckpointStore.collection)
            for collection in Set(listeners.map(\.collection.name)).sorted() {
                try connection.tryReading(collection)
                try connection.tryUpdating(collection)
            }
            for collection in Self.ownCollections {
                try connection.tryReading(collection)
                // Through a router even a refused insert makes the database.
                if deployment.kind != .sharded { try connection.tryInserting(collection) }
                try connection.tryUpdating(collection)
                try connection.tryRemoving(collection)
            }
            guard deployment.hasChangeStreams else { return }
            let stream = ChangeStream(
                connection: connection, collections: [WaitRequests.collection], pipeline: [])
            let lent = connection.pool.borrow()
            try stream.open(.now, .batches, with: lent.client).close(with: lent.client)
        }
    }

    /// Waits for a majority of the replica set to acknowledge.
    ///
    /// - Throws: ``MongoError`` that is about the majority when there is none within five seconds.
    package func checkMajority() async throws {
        try await perform { connection in
            try connection.tryUpdating(CheckpointStore.collection, .majority(patience: 5000))
        }
    }

    private static let ownCollections = [
        CheckpointStore.collection, FailureStore.collection, LeaseStore.collection, PauseStore.collection,
        WaitRequests.collection,
    ]
}

extension Connection {
    fileprivate func tryReading(_ collection: String) throws {
        _ = try run(
            ["find": BSONValue(collection), "limit": 1, "projection": ["_id": 1], "singleBatch": true],
            operation: "find", namespace: namespace(of: collection))
    }

    /// Matches nothing.
    fileprivate func tryUpdating(_ collection: String, _ concern: WriteConcern? = nil) throws {
        try attempt("update", "updates", on: collection, concern) { operation in
            operation.document("q") { $0.append("lockstep check", forKey: "_id") }
            operation.document("u") { $0.document("$unset") { $0.append(1, forKey: "lockstep check") } }
        }
    }

    /// Matches nothing.
    fileprivate func tryRemoving(_ collection: String) throws {
        try attempt("delete", "deletes", on: collection) { operation in
            operation.document("q") { $0.append("lockstep check", forKey: "_id") }
            operation.append(1, forKey: "limit")
        }
    }

    /// With an `_id` that no document may have: what is refused for that is allowed.
    fileprivate func tryInserting(_ collection: String) throws {
        try attempt("insert", "documents", on: collection) { $0.array("_id") { _ in } }
    }

    private func attempt(
        _ command: String, _ list: String, on collection: String, _ concern: WriteConcern? = nil,
        _ fill: (inout BSONBuilder) -> Void
    ) throws {
        var builder = BSONBuilder()
        builder.append(collection, forKey: command)
        builder.array(list) { $0.document("0", fill) }
        _ = try write(builder, collection: collection, concern: concern, operation: command)
    }
}
