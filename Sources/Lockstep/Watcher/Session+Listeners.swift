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
}
