/// What a person may ask of a listener while it runs. All take the listener's id, as `status()` gives it.
extension DatabaseWatcher {
    /// Stops calling the listener's model. Its changes are let go and the others go on; nothing is lost, since
    /// ``resume(listener:)`` looks through all of its documents. It holds until then, over restarts.
    ///
    /// - Throws: ``LockstepError/noListener(_:)``, ``LockstepError/notWatching``, ``MongoError``.
    public func pause(listener id: String) async throws {
        try await change(id) { connection throws in
            try PauseStore(connection: connection).add(id)
        } then: { session, index in
            session.pause(index)
        }
    }

    /// Ends a pause: all documents of the listener are looked through, and those that are not fresh computed.
    ///
    /// - Throws: as ``pause(listener:)``.
    public func resume(listener id: String) async throws {
        try await change(id) { connection throws in
            try PauseStore(connection: connection).remove(id)
        } then: { session, index in
            session.resume(index)
        }
    }

    /// Looks through all documents of a listener and makes fresh what is not, beside the stream.
    ///
    /// - Throws: as ``pause(listener:)``.
    public func reconcile(listener id: String) async throws {
        try await change(id) { _ in
        } then: { session, index in
            session.reconciler.want([index])
        }
    }

    /// Stores something, then does it in the running session; a session that begins later reads what is stored.
    private func change(
        _ id: String, _ store: @Sendable @escaping (Connection) throws -> Void,
        then apply: (Session, Int) -> Void
    ) async throws {
        guard db.listeners.contains(where: { $0.id == id }) else { throw LockstepError.noListener(id) }
        guard pipeline.session != nil else { throw LockstepError.notWatching }
        try await db.perform(store)
        if let session = pipeline.session, let index = session.index(of: id) { apply(session, index) }
    }
}
