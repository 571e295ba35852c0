import LockstepCore
import LockstepState

/// Requests of people about a running listener. All take the listener's id, as `status()` gives it.
extension DatabaseWatcher {
    /// Stops calling the listener's model. Its pending changes are dropped and the others go on; nothing is lost, since
    /// ``resume(listener:by:)`` rescans its documents. It holds until then, over restarts.
    ///
    /// - Parameters:
    ///   - id: the listener's, as `status()` gives it.
    ///   - by: who asks, for the log. Default: not known.
    /// - Throws: ``LockstepError/noListener(_:)``, ``LockstepError/notWatching``, ``MongoError``.
    public func pause(listener id: String, by: String? = nil) async throws {
        try await setPaused(id, true, by: by)
    }

    /// Ends a pause: all documents of the listener are scanned, and those that are not fresh computed.
    ///
    /// - Throws: as ``pause(listener:by:)``.
    public func resume(listener id: String, by: String? = nil) async throws {
        try await setPaused(id, false, by: by)
    }

    /// Scans all documents of a listener and computes those that are not fresh, beside the stream.
    ///
    /// - Throws: as ``pause(listener:by:)``.
    public func reconcile(listener id: String) async throws {
        try checkWatched(id)
        if let session = pipeline.session, let ref = session.ref(of: id) {
            session.reconciler.want([ref])
        }
    }

    /// Stores the request, then has the running session read it; a later session reads it at its start.
    private func setPaused(_ id: String, _ paused: Bool, by: String?) async throws {
        try checkWatched(id)
        try await pipeline.context.threads.run { [pipeline] in
            try PauseStore(connection: pipeline.context.connection).set(id, paused: paused, by: by)
            try pipeline.session?.pauses.apply()
        }
    }

    private func checkWatched(_ id: String) throws {
        guard pipeline.context.listeners().contains(where: { $0.id == id }) else {
            throw LockstepError.noListener(id)
        }
        guard pipeline.session != nil else { throw LockstepError.notWatching }
    }
}
