import LockstepCore

/// A service with limits, called by as many as want to under a ``Pacing``, on a clock that is a number.
struct ServiceSimulation {
    /// What the service allows.
    struct Limits {
        enum Window { case fixed, sliding, bucket }
        /// Requests and tokens in a minute.
        var requests = Int.max
        var tokens = Int.max
        var window = Window.fixed
        var concurrency = Int.max
    }

    struct Outcome {
        var answered = 0
        var tokens = 0
        var refused = 0
        /// In service at once.
        var most = 0
        var refusedShare: Double { Double(refused) / Double(max(1, answered + refused)) }
    }

    private enum Event {
        case arrives(Pacing.Call)
        case answered(Pacing.Call)
        case refused(Pacing.Call, seconds: Double)
    }

    let limits: Limits
    var pacing: Pacing
    /// Tokens that each call has, and that are thought to be in it.
    var tokens = 1000
    var estimate = 1000.0
    var latency = 0.2

    private var random = UInt64(7)
    private var now = 0.0
    private var events: [(at: Double, order: Int, event: Event)] = []
    private var order = 0
    private var inService = 0
    /// When something was let in, and its tokens.
    private var log: [(at: Double, tokens: Int)] = []
    /// The first of them that counts still, and the tokens of those that do.
    private var (first, counted) = (0, 0)
    private var bucket = (requests: 0.0, tokens: 0.0, at: 0.0)
    private var start = ContinuousClock.now
    private var outcome = Outcome()
    /// When a call may begin, if none ends before.
    private var wakesAt: Double?

    init(_ limits: Limits, _ terms: ModelTerms, batch: BatchLimits = BatchLimits(count: 32)) {
        self.limits = limits
        pacing = Pacing(batch, terms)
        bucket = (Double(min(limits.requests, 1 << 30)) / 60, Double(min(limits.tokens, 1 << 40)) / 60, 0)
    }

    /// What came of it from one time to another, in seconds.
    mutating func run(to end: Double) -> Outcome {
        tryMore()
        while true {
            let next = events.indices.min {
                (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order)
            }
            let at = min(next.map { events[$0].at } ?? .infinity, wakesAt ?? .infinity)
            guard at < end else { break }
            now = at
            if let next, events[next].at <= at { handle(events.remove(at: next).event) }
            tryMore()
        }
        defer { outcome = Outcome() }
        return outcome
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .arrives(let call):
            if let seconds = refusal() {
                schedule(now + 0.005, .refused(call, seconds: seconds))
            } else {
                inService += 1
                outcome.most = max(outcome.most, inService)
                log.append((now, tokens))
                counted += tokens
                schedule(now + latency * (0.8 + 0.4 * next()), .answered(call))
            }
        case .answered(let call):
            inService -= 1
            outcome.answered += 1
            outcome.tokens += tokens
            pacing.ended(call, .answered(requests: 1, tokens: tokens), at: instant)
        case .refused(let call, let seconds):
            outcome.refused += 1
            pacing.ended(call, .refused(.seconds(seconds)), at: instant)
        }
    }

    private mutating func tryMore() {
        wakesAt = nil
        while true {
            switch pacing.decide(tokens: estimate, at: instant) {
            case .go:
                let call = pacing.begin(tokens: estimate, at: instant)
                // On its way.
                schedule(now + 0.02 * next(), .arrives(call))
            case .full: return
            case .wait(let until): return wakesAt = now + max(0.0001, (until - instant) / .seconds(1))
            }
        }
    }

    /// Seconds to wait, where there is no room.
    private mutating func refusal() -> Double? {
        if inService >= limits.concurrency { return 1 }
        switch limits.window {
        case .fixed:
            let begin = (now / 60).rounded(.down) * 60
            forget(before: begin)
            return fits ? nil : begin + 60 - now
        case .sliding:
            forget(before: (now - 60).nextUp)
            return fits ? nil : (first < log.count ? log[first].at + 60 - now : 1)
        case .bucket:
            let (perSecond, tokensPerSecond) = (Double(limits.requests) / 60, Double(limits.tokens) / 60)
            let seconds = now - bucket.at
            bucket.at = now
            bucket.requests = min(max(1, perSecond), bucket.requests + seconds * perSecond)
            bucket.tokens = min(
                max(tokensPerSecond, Double(tokens)), bucket.tokens + seconds * tokensPerSecond)
            guard bucket.requests >= 1, bucket.tokens >= Double(tokens) else { return 0.1 }
            bucket.requests -= 1
            bucket.tokens -= Double(tokens)
            return nil
        }
    }

    private var fits: Bool {
        log.count - first < limits.requests && (limits.tokens == Int.max || counted + tokens <= limits.tokens)
    }

    private mutating func forget(before time: Double) {
        while first < log.count, log[first].at < time {
            counted -= log[first].tokens
            first += 1
        }
    }

    private var instant: ContinuousClock.Instant { start + .seconds(now) }

    private mutating func schedule(_ at: Double, _ event: Event) {
        order += 1
        events.append((at, order, event))
    }

    /// From 0 to 1, the same in each run.
    private mutating func next() -> Double {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(random >> 33) / Double(UInt32.max >> 1)
    }
}
