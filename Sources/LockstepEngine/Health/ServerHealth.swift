import Logging
import MongoDriver
import Synchronization

/// Whether MongoDB can be asked at the moment, as all handlers see it.
///
/// Says an outage when it begins, now and then, and when it is over, not at every attempt.
package final class ServerHealth: Sendable {
    private struct State {
        var backoff = Backoff(first: 0.2, longest: 10)
        var log = OutageLog()
        var outage: String?
    }

    private let state = Mutex(State())
    private let log: Logger

    package init(log: Logger) {
        self.log = log
    }

    /// An attempt met an outage. Gives the time of the next attempt.
    package func failed(_ reason: String) -> ContinuousClock.Instant {
        let (due, text) = state.withLock { state in
            state.outage = reason
            return (ContinuousClock.now + .seconds(state.backoff.next()), state.log.failed(.now))
        }
        if let text {
            log.error(
                "MongoDB: \(reason.withoutStop). Its changes stay pending; nothing is lost. Trying again until it works\(text)."
            )
        }
        return due
    }

    package func succeeded() {
        let text = state.withLock { state in
            state.outage = nil
            state.backoff.reset()
            return state.log.over(.now)
        }
        if let text { log.notice("MongoDB: works again\(text)") }
    }

    /// What the outage is, while there is one.
    package var outage: String? {
        state.withLock { $0.outage }
    }
}
