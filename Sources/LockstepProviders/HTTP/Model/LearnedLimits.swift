import Synchronization

/// What all calls of one model have learned of its server.
final class LearnedLimits: Sendable {
    private let state = Mutex(Learned())

    var value: Learned {
        state.withLock { $0 }
    }

    func withLock<Result>(_ body: (inout Learned) -> sending Result) -> sending Result {
        state.withLock { body(&$0) }
    }
}
