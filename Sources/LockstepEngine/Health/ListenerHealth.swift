import LockstepCore
import Logging
import Synchronization

/// Whether a listener can work at the moment: its account, its collection and its sink; shared by the listener's lanes.
package final class ListenerHealth: Sendable {
    private struct State {
        var isPaused = false
        var obstacle: String?
        var hasParked = false
        var hasOversized = false
        var parking = ParkingLog()
    }

    /// The listener's id.
    package let name: String
    /// Whose limits and health the listener's model shares.
    package let account: Account
    /// Whether MongoDB takes what the listener writes.
    package let writes: WriteHealth
    /// What the model costs; nil where it costs nothing by the call.
    package let costs: ModelCosts?
    /// Nil where the model's provider has no batch API, or is not to use it.
    package let batchGate: BatchGate?
    private let state = Mutex(State())
    private let log: Logger

    package init(
        name: String, log: Logger, account: Account? = nil, costs: ModelCosts? = nil,
        batchGate: BatchGate? = nil
    ) {
        self.name = name
        self.log = log
        self.account = account ?? Account(AccountID(name), BatchLimits(concurrency: 1), log: log)
        self.costs = costs
        writes = WriteHealth(name: name, log: log)
        self.batchGate = batchGate
    }

    /// An attempt met an outage. Gives the time of the next attempt.
    ///
    /// - Parameter began: when it was begun.
    package func failed(_ reason: String, began: ContinuousClock.Instant = .now) -> ContinuousClock.Instant {
        account.failed(name, reason, began: began)
    }

    /// The account asks to wait that long. Gives the time of the next attempt.
    package func waits(
        _ pause: Duration, _ reason: String, began: ContinuousClock.Instant = .now
    ) -> ContinuousClock.Instant {
        account.waits(name, pause, reason, began: began)
    }

    /// What was begun then was answered.
    package func succeeded(began: ContinuousClock.Instant = .now) {
        account.succeeded(name, began: began)
    }

    /// Says once what takes the place of the listener's collection; nil when nothing does.
    package func isBlocked(by obstacle: String?) {
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

    /// Documents were parked. Gives how many of their reasons to log, and what to add to the last.
    package func parked(_ count: Int) -> (told: Int, more: Int) {
        state.withLock { $0.parking.parked(count, at: .now) }
    }

    /// Until when no new work should be begun, at least; nil when it may.
    package func holdsUntil(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let writes = writes.holdsUntil(now)
        let model = account.holdsUntil(now, for: name)
        // mechanism pause-hold, off: isPaused becomes false
        let pause = isPaused ? now + .milliseconds(100) : nil
        let budget = costs?.isOpen == false && !isDelivering ? now + .milliseconds(100) : nil
        return [writes, model, pause, budget].compactMap { $0 }.max()
    }

    /// Whether it works, and if not why: as far as is seen, long before an outage is proven and anything follows from it.
    package func condition(at now: ContinuousClock.Instant) -> (state: ListenerStatus.State, reason: String?)
    {
        let (isPaused, obstacle) = state.withLock { ($0.isPaused, $0.obstacle) }
        if isPaused { return (.paused, nil) }
        if let obstacle { return (.blocked, obstacle) }
        if let words = costs?.waits { return (.spent, words) }
        if let reason = outage ?? account.suspicion(at: now) { return (.out, reason) }
        return writes.reason.map { (.refused, $0) } ?? (.ok, nil)
    }

    /// What the outage of its account is, while there is one.
    package var outage: String? {
        account.outage(of: name)?.reason
    }

    /// Since when it lasts, in milliseconds since 1970.
    package var outageSince: Int64? {
        account.outage(of: name)?.since
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

    /// Its documents cannot be handled for now, and must not hold up other listeners.
    package var isOut: Bool {
        isHeldBack || outage != nil || writes.reason != nil
    }

    /// Its model is not to be called, until a person or the calendar says otherwise.
    package var isHeldBack: Bool {
        isPaused || costs?.waits != nil && !isDelivering
    }

    /// Answers that are paid for are stored, whatever the budget says.
    private var isDelivering: Bool {
        batchGate?.isDelivering == true
    }

    /// Documents of the listener may be parked; false saves the query for them.
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

/// The first three documents that are parked in ten seconds are logged, the others counted.
package struct ParkingLog {
    private var said: ContinuousClock.Instant?
    private var told = 0
    private var untold = 0

    package mutating func parked(_ count: Int, at now: ContinuousClock.Instant) -> (told: Int, more: Int) {
        if said.map({ now - $0 >= .seconds(10) }) ?? true {
            said = now
            told = 0
        }
        let some = min(count, 3 - told)
        told += some
        untold += count - some
        guard some > 0 else { return (0, 0) }
        defer { untold = 0 }
        return (some, untold)
    }
}
