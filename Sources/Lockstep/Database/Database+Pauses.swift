import LockstepState

extension Database {
    /// Asks whoever watches, now or later, to pause a listener or to resume it.
    ///
    /// - Parameter by: who asks, for the log.
    /// - Returns: what was asked for before; nil for a listener that was never paused.
    package func setPaused(_ listener: String, _ paused: Bool, by: String?) async throws -> PauseStore.Entry?
    {
        try await perform { connection in
            let store = PauseStore(connection: connection)
            let before = try store.entries()[listener]
            if before?.isPaused ?? false != paused { try store.set(listener, paused: paused, by: by) }
            return before
        }
    }

    /// What was asked for last of each listener that was ever paused.
    package func pauses() async throws -> [String: PauseStore.Entry] {
        try await perform { try PauseStore(connection: $0).entries() }
    }
}
