import LockstepState
import MongoBSON

/// What commands store for the running daemon, and what reloads store for commands.
package struct DaemonOrders: Sendable {
    let access: DatabaseAccess

    /// Asks the daemon, now or later, to pause a listener or to resume it.
    ///
    /// - Parameter by: who asks, for the log.
    /// - Returns: the request before; nil for a listener that was never paused.
    package func setPaused(_ listener: String, _ paused: Bool, by: String?) async throws -> PauseStore.Entry?
    {
        try await access.perform { connection in
            let store = PauseStore(connection: connection)
            let before = try store.entries()[listener]
            if before?.isPaused ?? false != paused { try store.set(listener, paused: paused, by: by) }
            return before
        }
    }

    /// The last request about each listener that was ever paused.
    package func pauses() async throws -> [String: PauseStore.Entry] {
        try await access.perform { try PauseStore(connection: $0).entries() }
    }

    /// Stores the outcome of a reload, in place of the last one.
    package func saveReload(_ outcome: BSONDocument) async throws {
        try await access.perform { try ReloadStore(connection: $0).save(outcome) }
    }

    /// The outcome of the last reload, with `count`, the number of reloads; nil before the first.
    package func lastReload() async throws -> BSONDocument? {
        try await access.perform { try ReloadStore(connection: $0).load() }
    }
}
