import Logging
import Synchronization

/// Whether a listener's model and server work at the moment; shared by the listener's lanes.
///
/// Says an outage once when it begins and once when it is over, not at every attempt.
final class ListenerHealth: Sendable {
    private struct State {
        var backoff = Backoff(first: 0.2, longest: 10)
        var pausedUntil: ContinuousClock.Instant?
        var outage: String?
        var parked = 0
        var known: BSONValue?
    }

    /// An input larger than that is not kept.
    private static let largestKnown = 64 << 10

    private let state = Mutex(State())
    private let name: String
    private let log: Logger

    init(name: String, log: Logger) {
        self.name = name
        self.log = log
    }

    /// An attempt met an outage. Gives the time of the next attempt.
    func failed(_ reason: String) -> ContinuousClock.Instant {
        let (due, isFirst) = state.withLock { state in
            let due = ContinuousClock.now + .seconds(state.backoff.next())
            let isFirst = state.outage == nil
            state.pausedUntil = due
            state.outage = reason
            return (due, isFirst)
        }
        if isFirst {
            log.error("\(name): \(reason). Its documents wait; nothing is lost. Trying again until it works.")
        }
        return due
    }

    func succeeded() {
        let wasOut = state.withLock { state in
            let wasOut = state.outage != nil
            state.outage = nil
            state.pausedUntil = nil
            state.backoff.reset()
            return wasOut
        }
        if wasOut { log.notice("\(name): works again") }
    }

    /// An input that the model has answered: what is tried when everything else fails.
    var knownInput: BSONValue? {
        state.withLock { $0.known }
    }

    func answered(_ input: BSONValue?) {
        guard let input, input.bytes.count <= Self.largestKnown else { return }
        state.withLock { state in
            if state.known == nil { state.known = input }
        }
    }

    /// Until when no new work should be begun.
    var pausedUntil: ContinuousClock.Instant? {
        state.withLock { $0.pausedUntil }
    }

    /// What the outage is, while there is one.
    var outage: String? {
        state.withLock { $0.outage }
    }

    /// Documents known to be parked; 0 spares looking them up.
    var parked: Int {
        get { state.withLock { $0.parked } }
        set { state.withLock { $0.parked = newValue } }
    }

    func park(_ count: Int) {
        state.withLock { $0.parked += count }
    }
}
