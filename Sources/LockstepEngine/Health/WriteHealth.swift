import LockstepCore
import LockstepState
import Logging
import MongoDriver
import Synchronization

/// Whether MongoDB takes what a listener writes; shared by the listener's lanes.
package final class WriteHealth: Sendable {
    fileprivate struct State {
        var backoff = Backoff(first: 0.2, longest: 10)
        var retryAt: ContinuousClock.Instant?
        /// Why writes are pending.
        var reason: String?
        var since: Int64?
        var log = OutageLog()
        var run = RefusalRun()
        var refusal: String?
        var rules: String?
        /// When the first of the refusals in a row was parked, in milliseconds since 1970.
        var runBegan: Int64?
        /// What was parked from then on is to be retried.
        var retryFrom: Int64?
    }

    private let state = Mutex(State())
    private let name: String
    private let log: Logger

    /// Documents that are tried at a time while outputs are refused.
    package static let trial = 3

    package init(name: String, log: Logger) {
        self.name = name
        self.log = log
    }

    /// A write met a state of the server. Gives the time of the next attempt.
    package func failed(_ reason: String) -> ContinuousClock.Instant {
        let (due, text) = state.withLock { $0.failed(reason) }
        if let text { report(reason, text) }
        return due
    }

    /// Counts the results of one round of writes.
    ///
    /// - Parameters:
    ///   - stored: outputs that MongoDB took.
    ///   - refused: why a rule of the collection refused outputs, once for each.
    ///   - at: when what is refused counts as tried, in milliseconds since 1970.
    /// - Returns: what becomes of the refused, and when those that are pending are tried again.
    package func count(
        stored: Int, refused: [String], at: Int64
    ) -> (decision: RefusalRun.Decision, due: ContinuousClock.Instant) {
        let (decision, due, text) = state.withLock { state in
            if !refused.isEmpty, state.runBegan == nil { state.runBegan = at }
            let decision = state.run.count(stored: stored, refused: refused.count)
            // Those of before have a rule of their own: they would only be refused once more.
            if decision.isOver { state.retryFrom = min(state.retryFrom ?? .max, state.runBegan ?? at) }
            if stored > 0 { state.runBegan = nil }
            if let reason = refused.last, decision.parked < refused.count {
                let (due, text) = state.failed(reason)
                return (decision, due, text)
            }
            return (decision, ContinuousClock.now, String?.none)
        }
        if let text, let reason = refused.last { report(reason, text) }
        return (decision, due)
    }

    /// All that a round wrote, outputs and what is noted of them, is written.
    package func succeeded() {
        let over = state.withLock { $0.run.isHolding ? nil : $0.succeeded() }
        if let over { log.notice("\(name): its outputs are stored again\(over)") }
    }

    /// The rules of the collection are others now, or nothing is refused any more.
    package func forgetRefusals() {
        let over = state.withLock { state in
            state.run = RefusalRun()
            state.refusal = nil
            state.rules = nil
            return state.succeeded()
        }
        if let over { log.notice("\(name): trying again to store its outputs\(over)") }
    }

    private func report(_ reason: String, _ text: String) {
        log.error(
            "\(name): its outputs are not stored: \(reason.withoutStop). Its documents are pending; nothing is lost. Trying again until it works\(text)."
        )
    }
}

extension WriteHealth.State {
    fileprivate mutating func failed(_ reason: String) -> (due: ContinuousClock.Instant, text: String?) {
        let due = ContinuousClock.now + .seconds(backoff.next())
        retryAt = due
        self.reason = reason
        if since == nil { since = currentMilliseconds() }
        return (due, log.failed(.now))
    }

    fileprivate mutating func succeeded() -> String? {
        retryAt = nil
        reason = nil
        since = nil
        backoff.reset()
        return log.over(.now)
    }
}

extension WriteHealth {
    /// Why writes are pending; nil when they are not.
    package var reason: String? {
        state.withLock { $0.reason }
    }

    /// Since when, in milliseconds since 1970.
    package var since: Int64? {
        state.withLock { $0.since }
    }

    /// Why a rule of the collection refused an output; nil when nothing is parked for that, as far as is known.
    package var refusal: String? {
        state.withLock { $0.refusal }
    }

    /// The rules of the collection when they first refused an output, by their fingerprint.
    package func rules(refusing reason: String, _ read: () throws -> CollectionRules) throws -> String {
        let known = state.withLock { state in
            state.refusal = reason
            return state.rules
        }
        if let known { return known }
        let rules = try read().fingerprint
        state.withLock { $0.rules = rules }
        return rules
    }

    /// What ``rules(refusing:_:)`` has noted.
    package var rules: String? {
        state.withLock { $0.rules }
    }

    /// Outputs were parked under these rules, as an earlier session has noted.
    package func note(_ refused: RefusedOutputs) {
        state.withLock { state in
            state.refusal = refused.reason
            state.rules = refused.rules
            state.run = RefusalRun(isSuspected: true)
            state.runBegan = 0
        }
    }

    /// From when on what was parked is to be retried, since outputs are stored again or the rules are others; given once.
    package func takeRetry() -> Int64? {
        state.withLock { state in
            defer { state.retryFrom = nil }
            return state.retryFrom
        }
    }

    package func wantRetry(from time: Int64) {
        state.withLock { $0.retryFrom = min($0.retryFrom ?? .max, time) }
    }

    /// How many documents may be tried now; nil for any number.
    package var trial: Int? {
        state.withLock { $0.reason == nil && !$0.run.isSuspected ? nil : Self.trial }
    }

    /// Until when no write is to be tried, at least.
    package func holdsUntil(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.withLock { state in state.retryAt.flatMap { $0 > now ? $0 : nil } }
    }
}
