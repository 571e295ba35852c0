import LockstepCore
import LockstepState
import MongoBSON

/// What a daemon has stored about itself.
package struct DaemonRecord: Sendable {
    let access: DatabaseAccess

    /// The last checkpoint of the watcher of that identifier; nil before its first start.
    package func checkpoint(of identifier: String = "lockstep") async throws -> Checkpoint? {
        try await access.perform { connection in
            try CheckpointStore(connection: connection, identifier: identifier).load().checkpoint
        }
    }

    /// The lease under that identifier; nil before the first start of a watcher.
    package func lease(of identifier: String = "lockstep") async throws -> LeaseStore.Entry? {
        try await access.perform { try LeaseStore(connection: $0, identifier: identifier).load() }
    }

    /// The cluster's time now; nil on a standalone server.
    package func clusterTime() async throws -> BSONTimestamp? {
        try await access.perform { try $0.operationTime() }
    }
}
