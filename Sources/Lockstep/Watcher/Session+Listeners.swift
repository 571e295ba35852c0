/// What a person may ask of a listener while it runs.
extension Session {
    /// Its model is called no more, and its changes are let go; the others go on.
    func pause(_ listener: Int) {
        handlers[listener].health.isPaused = true
        reconciler.setBehind(listener)
    }

    /// All its documents are looked through.
    func resume(_ listener: Int) {
        handlers[listener].health.isPaused = false
    }

    /// Its place, by its id.
    func index(of listener: String) -> Int? {
        handlers.firstIndex { $0.listener.id == listener }
    }

    /// Their places, by their ids, or all; nil when one is not taken up yet.
    func places(of ids: [String]?) -> [Int]? {
        guard let ids else { return Array(handlers.indices) }
        let places = ids.compactMap { index(of: $0) }
        return places.count == ids.count ? places : nil
    }

    /// What other processes are told of its listeners, in their order.
    var running: [RunningListener] {
        zip(handlers, signatures).map { handler, signature in
            let (state, reason) = handler.health.condition
            return RunningListener(signature, state: state, reason: reason)
        }
    }
}
