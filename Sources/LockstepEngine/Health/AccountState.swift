import MongoDriver

/// Whether an account answers, as the listeners on it have met it: what one of them meets holds the others.
///
/// A value without a clock; times come with what is noted.
package struct AccountState {
    package typealias Instant = ContinuousClock.Instant

    /// What one listener has met.
    private struct Trouble {
        var backoff = Backoff(first: 0.2, longest: 10)
        var log = OutageLog()
        var retryAt: Instant?
        var outage: String?
        /// In milliseconds since 1970.
        var since: Int64?
        /// Since when the model has asked to wait, without an answer in between.
        var waitsSince: Instant?
        let firstAt: Instant
        var notedAt: Instant
        /// It holds the other listeners on the account, too.
        var isShared = true

        init(_ now: Instant) {
            firstAt = now
            notedAt = now
        }
    }

    /// Something to log about a listener.
    package struct Line: Equatable {
        package let listener: String
        /// What to add to the line.
        package let text: String
    }

    private var troubles: [String: Trouble] = [:]
    /// Who tells of an outage, by its reason: listeners that share an account meet the same one.
    private var tellers: [String: String] = [:]
    /// When each listener was answered last.
    private var answeredAt: [String: Instant] = [:]
    /// Since when every call has failed, and why the last one did.
    private var failing: (since: Instant, reason: String)?

    /// How long an account may ask to wait, at once or without an answer in between, before that counts as an outage.
    package static let patience = Duration.seconds(60)
    /// How long every call fails before that is told; an input that breaks the model is found in less, mostly.
    private static let callPatience = Duration.seconds(1)

    /// A listener has met an outage.
    ///
    /// - Parameters:
    ///   - began: when it asked first for what failed.
    ///   - pause: until the next attempt, if the account said so.
    package mutating func failed(
        _ listener: String, _ reason: String, began: Instant, after pause: Duration? = nil, at now: Instant,
        milliseconds: Int64
    ) -> (due: Instant, line: Line?) {
        var trouble = troubles[listener] ?? Trouble(now)
        let due = now + (pause ?? .seconds(trouble.backoff.next()))
        trouble.retryAt = due
        trouble.outage = reason
        trouble.since = trouble.since ?? milliseconds
        trouble.notedAt = now
        // It answers another listener meanwhile: then this one's inputs or its keys are what it does not answer.
        let since = min(began, trouble.firstAt)
        trouble.isShared = !answeredAt.contains { $0.key != listener && $0.value > since }
        let text = trouble.log.failed(now)
        troubles[listener] = trouble
        guard let text, tells(listener, of: reason) else { return (due, nil) }
        return (due, Line(listener: listener, text: text))
    }

    /// The account asks a listener to wait that long.
    ///
    /// - Returns: the time of the next attempt, and whether it has asked for so long that it is an outage.
    package mutating func waits(
        _ listener: String, _ pause: Duration, at now: Instant
    ) -> (due: Instant, isLong: Bool) {
        var trouble = troubles[listener] ?? Trouble(now)
        let since = trouble.waitsSince ?? now
        trouble.waitsSince = since
        trouble.retryAt = now + pause
        trouble.notedAt = now
        troubles[listener] = trouble
        return (now + pause, now - since >= Self.patience || pause > Self.patience)
    }

    /// A listener got its answers: all go on that were held before it asked.
    package mutating func succeeded(_ listener: String, began: Instant, at now: Instant) -> [Line] {
        answeredAt[listener] = now
        guard !troubles.isEmpty else { return [] }
        let over = troubles.filter { $0.key == listener || ($0.value.isShared && $0.value.notedAt <= began) }
        return over.keys.sorted().compactMap { name in
            guard var trouble = troubles.removeValue(forKey: name), let text = trouble.log.over(now),
                hasEnded(for: name)
            else { return nil }
            return Line(listener: name, text: text)
        }
    }

    package mutating func callFailed(_ reason: String, at now: Instant) {
        failing = (failing?.since ?? now, reason)
    }

    package mutating func callSucceeded() {
        failing = nil
    }

    /// Until when a listener is not to ask, at least; nil when it may.
    package func holdsUntil(_ now: Instant, for listener: String) -> Instant? {
        troubles.filter { $0.key == listener || $0.value.isShared }
            .compactMap(\.value.retryAt).filter { $0 > now }.max()
    }

    /// The outage that a listener is in.
    package func outage(of listener: String) -> (reason: String, since: Int64?)? {
        guard !troubles.isEmpty else { return nil }
        let shared = troubles.filter { $0.value.isShared && $0.value.outage != nil }
        let first = shared.min { ($0.value.since ?? 0, $0.key) < ($1.value.since ?? 0, $1.key) }
        guard let trouble = troubles[listener].flatMap({ $0.outage == nil ? nil : $0 }) ?? first?.value,
            let reason = trouble.outage
        else { return nil }
        return (reason, trouble.since)
    }

    /// Why every call fails, as far as is seen, long before an outage is proven and anything follows from it.
    package func suspicion(at now: Instant) -> String? {
        failing.flatMap { now - $0.since >= Self.callPatience ? $0.reason : nil }
    }

    /// Whether this listener is the one to tell of that reason: the first one is, until its outage has ended.
    private mutating func tells(_ listener: String, of reason: String) -> Bool {
        if let teller = tellers[reason] { return teller == listener }
        tellers[reason] = listener
        return true
    }

    /// The listener's outage is over. True when it told of it.
    private mutating func hasEnded(for listener: String) -> Bool {
        let before = tellers.count
        tellers = tellers.filter { $0.value != listener }
        return tellers.count < before
    }
}
