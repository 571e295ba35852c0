import LockstepCore
import Logging
import MongoDriver
import Synchronization

/// Whether a listener's model and server work at the moment; shared by the listener's lanes.
///
/// Says an outage when it begins, now and then, and when it is over, not at every attempt.
package final class ListenerHealth: Sendable {
    private struct State {
        var backoff = Backoff(first: 0.2, longest: 10)
        var retryAt: ContinuousClock.Instant?
        var outage: String?
        var outageSince: Int64?
        /// Since when every call of the model has failed, and why the last one did.
        var failing: (since: ContinuousClock.Instant, reason: String)?
        var isPaused = false
        var log = OutageLog()
        var obstacle: String?
        var hasParked = false
        var hasOversized = false
        var parkingSaid: ContinuousClock.Instant?
        var parkingTold = 0
        var parkingUntold = 0
        /// Since when the model has asked to wait, without an answer in between.
        var waitsSince: ContinuousClock.Instant?
    }

    /// Whether MongoDB takes what the listener writes.
    package let writes: WriteHealth
    private let state = Mutex(State())
    private let name: String
    private let log: Logger
    private let tellers: OutageTellers

    /// How long a model may ask to wait, without an answer in between, before that counts as an outage.
    package static let patience = Duration.seconds(60)

    /// - Parameter tellers: shared by the listeners that may meet the same outage.
    package init(name: String, log: Logger, tellers: OutageTellers = OutageTellers()) {
        self.name = name
        self.log = log
        writes = WriteHealth(name: name, log: log)
        self.tellers = tellers
    }

    /// An attempt met an outage. Gives the time of the next attempt.
    ///
    /// - Parameter pause: until then, if the model said so.
    package func failed(_ reason: String, after pause: Duration? = nil) -> ContinuousClock.Instant {
        let (due, text) = state.withLock { state in
            let due = ContinuousClock.now + (pause ?? .seconds(state.backoff.next()))
            state.retryAt = due
            state.outage = reason
            if state.outageSince == nil { state.outageSince = currentMilliseconds() }
            return (due, state.log.failed(.now))
        }
        if let text, tellers.tells(name, of: reason) {
            log.error(
                "\(name): \(reason). Its changes stay pending; nothing is lost. Trying again until it works\(text)."
            )
        }
        return due
    }

    /// The model asks to wait that long. Gives the time of the next attempt.
    package func waits(_ pause: Duration, _ reason: String) -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        let isLong = state.withLock { state in
            let since = state.waitsSince ?? now
            state.waitsSince = since
            state.retryAt = now + pause
            return now - since >= Self.patience
        }
        return isLong ? failed(reason, after: pause) : now + pause
    }

    package func succeeded() {
        let text = state.withLock { state in
            state.outage = nil
            state.outageSince = nil
            state.waitsSince = nil
            state.retryAt = nil
            state.backoff.reset()
            return state.log.over(.now)
        }
        if let text, tellers.hasEnded(for: name) { log.notice("\(name): works again\(text)") }
    }

    /// Says once what takes the place of the listener's collection; nil when nothing does.
    package func isInTheWay(_ obstacle: String?) {
        let isNews = state.withLock { state in
            defer { state.obstacle = obstacle }
            return state.obstacle != obstacle
        }
        guard isNews else { return }
        if let obstacle {
            log.error("\(name): \(obstacle)")
        } else {
            log.notice("\(name): its collection is back")
        }
    }

    /// Documents were parked. Gives how many of their reasons to log, and what to add to the last: the first three of
    /// ten seconds are told, the others counted.
    package func parked(_ count: Int) -> (told: Int, more: Int) {
        state.withLock { state in
            if state.parkingSaid.map({ .now - $0 >= .seconds(10) }) ?? true {
                state.parkingSaid = .now
                state.parkingTold = 0
            }
            let told = min(count, 3 - state.parkingTold)
            state.parkingTold += told
            state.parkingUntold += count - told
            guard told > 0 else { return (0, 0) }
            defer { state.parkingUntold = 0 }
            return (told, state.parkingUntold)
        }
    }

    /// Until when no new work should be begun, at least; nil when it may.
    package func holdsUntil(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let writes = writes.holdsUntil(now)
        let model: ContinuousClock.Instant? = state.withLock { state in
            // mechanism pause-hold
            if state.isPaused { return max(now + .milliseconds(100), state.retryAt ?? now) }
            return state.retryAt.flatMap { $0 > now ? $0 : nil }
        }
        return [writes, model].compactMap { $0 }.max()
    }

    /// A call of the model failed: it may be the inputs, it may be the model.
    package func callFailed(_ reason: String, at now: ContinuousClock.Instant) {
        state.withLock { $0.failing = ($0.failing?.since ?? now, reason) }
    }

    /// The model answered a call.
    package func callSucceeded() {
        state.withLock { $0.failing = nil }
    }

    /// How long every call fails before that is told; an input that breaks the model is found in less, mostly.
    private static let callPatience = Duration.seconds(1)

    /// Whether it works, and if not why: as far as is seen, long before an outage is proven and anything follows from it.
    package func condition(at now: ContinuousClock.Instant) -> (state: ListenerStatus.State, reason: String?)
    {
        let refusal = writes.reason
        return state.withLock { state in
            guard !state.isPaused else { return (.paused, nil) }
            if let obstacle = state.obstacle { return (.blocked, obstacle) }
            if let outage = state.outage { return (.out, outage) }
            if let failing = state.failing, now - failing.since >= Self.callPatience {
                return (.out, failing.reason)
            }
            return refusal.map { (.refused, $0) } ?? (.ok, nil)
        }
    }

    /// What the outage is, while there is one.
    package var outage: String? {
        state.withLock { $0.outage }
    }

    /// Since when it lasts, in milliseconds since 1970.
    package var outageSince: Int64? {
        state.withLock { $0.outageSince }
    }

    /// What stands in the place of the listener's collection.
    package var obstacle: String? {
        state.withLock { $0.obstacle }
    }

    /// A person wants its model not to be called.
    package var isPaused: Bool {
        state.withLock { $0.isPaused }
    }

    /// - Returns: whether that is new.
    @discardableResult
    package func pause(_ isPaused: Bool) -> Bool {
        state.withLock { state in
            defer { state.isPaused = isPaused }
            return state.isPaused != isPaused
        }
    }

    /// Its documents cannot be handled for now, and must keep nobody else waiting.
    package var isOut: Bool {
        state.withLock { $0.outage != nil || $0.isPaused } || writes.reason != nil
    }

    /// Documents of the listener may be parked; false spares looking them up.
    package var hasParked: Bool {
        get { state.withLock { $0.hasParked } }
        set { state.withLock { $0.hasParked = newValue } }
    }

    /// A document may be parked because there was no room in it: any change of it may make some.
    package var hasOversized: Bool {
        get { state.withLock { $0.hasOversized } }
        set { state.withLock { $0.hasOversized = newValue } }
    }
}
