import LockstepCore
import LockstepEngine
import LockstepState
import MongoBSON
import MongoDriver

/// Tries the commands of a daemon without changing anything.
package struct RightsCheck: Sendable {
    let access: DatabaseAccess
    let deployment: Deployment
    let listeners: [Listener]

    /// Tries each right that Lockstep uses: on the listeners' collections, on its own ones, and on the database.
    ///
    /// - Throws: the first refusal of the server.
    package func run() async throws {
        try await access.perform { [listeners, deployment] connection in
            let trial = RightsTrial(connection: connection)
            // A session begins with this; a user of single collections may be refused here alone.
            _ = try connection.traits(of: CheckpointStore.collection)
            for collection in Set(listeners.map(\.collection.name)).sorted() {
                try trial.read(collection)
                try trial.update(collection)
            }
            for collection in Self.ownCollections {
                try trial.read(collection)
                // Through a router, even a refused insert creates the database.
                if deployment.kind != .sharded { try trial.insert(collection) }
                try trial.update(collection)
                try trial.remove(collection)
            }
            if deployment.hasChangeStreams { try trial.openStream(of: WaitStore.collection) }
        }
    }

    /// Waits for a majority of the replica set to acknowledge.
    ///
    /// - Throws: ``MongoError`` that is about the majority when there is none within five seconds.
    package func checkMajority() async throws {
        try await access.perform { connection in
            try RightsTrial(connection: connection).update(
                CheckpointStore.collection, .majority(patience: 5000))
        }
    }

    private static let ownCollections = [
        CheckpointStore.collection, FailureStore.collection, LeaseStore.collection, PauseStore.collection,
        WaitStore.collection,
    ]
}

/// Commands that need a right and change nothing.
private struct RightsTrial {
    let connection: Connection

    private static let id: BSONDocument = ["_id": "lockstep check"]

    func read(_ collection: String) throws {
        _ = try connection.firstBatch(of: Find(collection, projection: ["_id": 1], limit: 1))
    }

    /// Matches nothing.
    func update(_ collection: String, _ concern: WriteConcern? = nil) throws {
        let statement = Update.Statement(Self.id, ["$unset": ["lockstep check": 1]])
        _ = try connection.write(Update(collection, [statement]), concern: concern)
    }

    /// Matches nothing.
    func remove(_ collection: String) throws {
        _ = try connection.write(Delete(collection, Self.id, isSingle: true))
    }

    /// With an `_id` that no document may have: the server refuses the document of a user who may insert.
    func insert(_ collection: String) throws {
        _ = try connection.write(Insert(collection, [["_id": []]]))
    }

    func openStream(of collection: String) throws {
        let stream = ChangeStream(connection: connection, collections: [collection], pipeline: [])
        let lent = connection.pool.borrow()
        try stream.open(.now, .batches, with: lent.client).close(with: lent.client)
    }
}
