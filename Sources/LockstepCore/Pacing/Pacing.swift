/// When an account may be called: what its models allow, the strictest of each, and what the service is found to take.
///
/// A value without a clock; times come with what is noted.
package struct Pacing: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Decision: Equatable, Sendable {
        case go
        /// Not before then.
        case wait(until: Instant)
        /// When a call in flight has ended.
        case full
    }

    /// A call that was begun.
    package struct Call: Sendable {
        package let began: Instant
        /// By estimate.
        package let tokens: Double
        /// Calls in flight when it began.
        fileprivate let others: Int
    }

    /// How a call ended.
    package enum Ending: Sendable {
        /// With the requests and the tokens that the service counts; nil where it does not say.
        case answered(requests: Int, tokens: Int?)
        /// The service wants no calls for that time.
        case refused(Duration)
        case failed
    }

    /// Of a service; nil for a program or a model in the process, which is called as often at once as it says.
    private var window: CallWindow?
    private var concurrency: Int
    /// Of calls in flight, as users say; the least of all models.
    private var ceiling: Int?
    private var requests: RateBucket?
    private var tokens: RateBucket?
    package private(set) var inFlight = 0
    private var heldUntil: Instant?
    /// The last calls, in seconds, the newest most.
    private var latency: Double?
    private var begunAt: Instant?

    /// Calls in flight at once with a service, where its user says nothing: at 200 ms a call these are 80 a second, more
    /// than most services allow; who may ask more, says so.
    package static let defaultCeiling = 16

    package init(_ limits: BatchLimits, _ terms: ModelTerms) {
        concurrency = limits.concurrency
        ceiling = terms.concurrency
        if terms.isRemote { window = CallWindow(ceiling: ceiling ?? Self.defaultCeiling) }
        requests = terms.requests.map(RateBucket.init)
        tokens = terms.tokens.map(RateBucket.init)
    }

    /// Another model shares the account.
    package mutating func join(_ limits: BatchLimits, _ terms: ModelTerms) {
        ceiling = [ceiling, terms.concurrency].compactMap { $0 }.min()
        if let ceiling { window?.ceiling = ceiling }
        requests = Self.stricter(requests, terms.requests)
        tokens = Self.stricter(tokens, terms.tokens)
    }

    private static func stricter(_ bucket: RateBucket?, _ rate: Rate?) -> RateBucket? {
        guard let rate else { return bucket }
        guard let bucket, bucket.rate.perSecond <= rate.perSecond else { return RateBucket(rate) }
        return bucket
    }

    /// Calls that may be in flight at once, now.
    package var calls: Int { window?.calls ?? concurrency }
    /// … and ever.
    package var mostCalls: Int { window?.ceiling ?? concurrency }

    /// Until when the service wants no calls.
    package func isHeld(until now: Instant) -> Instant? {
        heldUntil.flatMap { $0 > now ? $0 : nil }
    }

    /// Whether a call of so many tokens may begin.
    package mutating func decide(tokens count: Double, at now: Instant) -> Decision {
        if let held = isHeld(until: now) { return .wait(until: held) }
        if inFlight >= calls { return .full }
        var due = now
        if let window, window.size < 1, let latency, let begunAt {
            due = max(due, begunAt + .seconds(latency / window.size))
        }
        if let time = requests?.due(1, at: now) { due = max(due, time) }
        if let time = tokens?.due(count, at: now) { due = max(due, time) }
        return due > now ? .wait(until: due) : .go
    }

    package mutating func begin(tokens count: Double, at now: Instant) -> Call {
        window?.began(besides: inFlight, at: now)
        requests?.take(1)
        tokens?.take(count)
        defer { inFlight += 1 }
        begunAt = now
        return Call(began: now, tokens: count, others: inFlight)
    }

    package mutating func ended(_ call: Call, _ ending: Ending, at now: Instant) {
        switch ending {
        case .answered(let made, let used):
            requests?.correct(from: 1, to: Double(max(1, made)))
            if let used { tokens?.correct(from: call.tokens, to: Double(used)) }
            let seconds = max(0, (now - call.began) / .seconds(1))
            latency = latency.map { $0 * 0.8 + seconds * 0.2 } ?? seconds
            window?.answered(inFlight: inFlight, at: now)
        case .refused(let time):
            window?.refused(began: call.began, besides: call.others, pause: time, at: now)
            heldUntil = max(heldUntil ?? now, now + max(time, .zero))
        case .failed: break
        }
        inFlight -= 1
    }
}

extension Rate {
    package var perSecond: Double { Double(count) / (period / .seconds(1)) }
}

extension ModelTerms {
    /// Tokens that a call may have, so that none waits long for its part of the rate and others behind it: what flows in
    /// within two seconds, or until the next call may be made.
    package var tokensPerRequest: Int? {
        tokens.map { tokens in
            let seconds = max(2, requests.map { 1 / $0.perSecond } ?? 0)
            return max(1, Int(min(tokens.perSecond * seconds, Double(tokens.count))))
        }
    }
}
