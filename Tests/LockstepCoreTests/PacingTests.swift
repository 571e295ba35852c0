import LockstepCore
import Testing

/// Calls under the limits of a service, on a clock that is a number.
@Suite struct PacingTests {
    typealias Window = ServiceSimulation.Limits.Window
    static let windows: [Window] = [.fixed, .sliding, .bucket]
    private static let minute = Duration.seconds(60)

    /// What a minute of eight calls at once answers, at the service's 200 ms and 10 ms on the way.
    private static let eightAtOnce = 8 / 0.21 * 60

    @Test(arguments: windows) func aKnownRateIsUsedAndNothingIsRefused(_ window: Window) {
        let terms = ModelTerms(requests: Rate(3000, per: Self.minute), isRemote: true)
        var service = ServiceSimulation(.init(requests: 3000, window: window), terms)
        let outcome = service.run(to: 180)
        #expect(Double(outcome.answered) / 9000 >= 0.95 && outcome.refused == 0)
    }

    @Test(arguments: windows, [700.0, 1300]) func aKnownRateOfTokensIsKeptThoughTheyAreEstimated(
        _ window: Window, _ estimate: Double
    ) {
        let terms = ModelTerms(tokens: Rate(1_000_000, per: Self.minute), isRemote: true)
        var service = ServiceSimulation(.init(tokens: 1_000_000, window: window), terms)
        service.estimate = estimate
        let outcome = service.run(to: 180)
        #expect(Double(outcome.tokens) / 3_000_000 >= 0.95 && outcome.refused == 0)
    }

    @Test(arguments: windows) func callsThatAreALargePartOfTheRateFitIntoItWhole(_ window: Window) {
        let terms = ModelTerms(tokens: Rate(1_050_000, per: Self.minute), isRemote: true)
        var service = ServiceSimulation(.init(tokens: 1_050_000, window: window), terms)
        (service.tokens, service.estimate) = (100_000, 100_000)
        let outcome = service.run(to: 600)
        #expect(outcome.answered >= 95 && outcome.refused == 0)
    }

    @Test(arguments: windows) func aKnownConcurrencyIsUsedWhole(_ window: Window) {
        let terms = ModelTerms(requests: Rate(3000, per: Self.minute), concurrency: 8, isRemote: true)
        var service = ServiceSimulation(.init(requests: 3000, window: window, concurrency: 8), terms)
        let outcome = service.run(to: 180)
        #expect(Double(outcome.answered) / (3 * Self.eightAtOnce) >= 0.95)
        #expect(outcome.refused == 0 && outcome.most == 8)
    }

    @Test(arguments: windows) func aConcurrencyThatNobodyTellsOfIsFound(_ window: Window) {
        var service = ServiceSimulation(
            .init(requests: 3000, window: window, concurrency: 8), ModelTerms(isRemote: true))
        let first = service.run(to: 60)
        #expect(first.refusedShare < 0.01)
        let outcome = service.run(to: 600)
        #expect(Double(outcome.answered) / (9 * Self.eightAtOnce) >= 0.95 && outcome.refusedShare < 0.01)
    }

    @Test(arguments: windows) func aRateThatNobodyTellsOfIsFound(_ window: Window) {
        var service = ServiceSimulation(.init(requests: 3000, window: window), ModelTerms(isRemote: true))
        let outcome = service.run(to: 600)
        #expect(Double(outcome.answered) / 30_000 >= 0.7 && outcome.refusedShare < 0.01)
    }

    /// A window of one call would be too much.
    @Test func aServiceThatTakesFewCallsIsPausedBetween() {
        var service = ServiceSimulation(.init(requests: 60, window: .bucket), ModelTerms(isRemote: true))
        service.latency = 0.01
        _ = service.run(to: 60)
        let outcome = service.run(to: 600)
        #expect(outcome.refusedShare < 0.05 && outcome.answered >= 270)
    }

    @Test func theCeilingIsReachedInAFewRoundTrips() {
        var service = ServiceSimulation(.init(), ModelTerms(concurrency: 64, isRemote: true))
        let outcome = service.run(to: 2)
        #expect(outcome.most == 64)
    }

    @Test func afterASilenceItBeginsSmallAgain() {
        var window = CallWindow(ceiling: 16)
        let start = ContinuousClock.now
        for _ in 0..<20 { window.answered(inFlight: window.calls, at: start) }
        #expect(window.calls == 16)
        window.began(besides: 0, at: start + .seconds(59))
        #expect(window.calls == 16)
        window.began(besides: 0, at: start + .seconds(300))
        #expect(window.calls == 2)
    }

    @Test func callsThatAreRefusedTogetherHalveTheWindowOnce() {
        var window = CallWindow(ceiling: 16)
        let start = ContinuousClock.now
        for _ in 0..<14 { window.answered(inFlight: window.calls, at: start) }
        for others in 0..<16 {
            window.refused(began: start, besides: others, at: start + .seconds(1))
        }
        #expect(window.calls == 8)
        window.answered(inFlight: 1, at: start + .seconds(2))
        window.refused(began: start + .seconds(2), besides: 7, at: start + .seconds(2))
        #expect(window.calls == 4)
    }

    /// So many as were not refused, and then no more for a while.
    @Test(arguments: [(8, 1.0, 60.0), (5, 0, 30), (8, 2, 120)])
    func whatIsTakenBesideWhatIsRefusedIsFoundAtOnce(
        _ taken: Int, _ pause: Double, _ patience: Double
    ) {
        var window = CallWindow(ceiling: 16)
        let start = ContinuousClock.now
        for _ in 0..<8 { window.answered(inFlight: window.calls, at: start) }
        #expect(window.calls == 10)
        for others in taken..<10 {
            window.refused(began: start, besides: others, pause: .seconds(pause), at: start)
        }
        func answer(at seconds: Double) {
            for _ in 0..<40 { window.answered(inFlight: window.calls, at: start + .seconds(seconds)) }
        }
        answer(at: patience - 1)
        #expect(window.calls == taken)
        answer(at: patience)
        #expect(window.calls > taken)
    }

    /// What is not used shows nothing.
    @Test func aWindowThatIsNotUsedDoesNotGrow() {
        var window = CallWindow(ceiling: 16)
        for _ in 0..<100 { window.answered(inFlight: 1, at: .now) }
        #expect(window.calls == 2)
    }

    /// A restart tells nothing of how many calls a service takes when it is back.
    @Test(arguments: [1, 10, 200]) func callsThatAreRefusedWithoutAnAnswerBetweenAreOneEvent(_ refusals: Int)
    {
        var window = CallWindow(ceiling: 16)
        let start = ContinuousClock.now
        for _ in 0..<14 { window.answered(inFlight: window.calls, at: start) }
        for attempt in 0..<refusals {
            let time = start + .seconds(attempt)
            window.refused(began: time, besides: 15, pause: .seconds(30), at: time)
        }
        #expect(window.calls == 8)
        let later = start + .seconds(refusals)
        for _ in 0..<200 { window.answered(inFlight: window.calls, at: later) }
        #expect(window.calls == 15)
        window.answered(inFlight: window.calls, at: later + .seconds(600))
        #expect(window.size > 15)
    }

    /// Calls of a few tokens among those that need what flows in within 20 s.
    @Test func smallCallsDoNotKeepALargeOneWaitingForEver() {
        var bucket = RateBucket(Rate(40_000, per: Self.minute))
        var now = ContinuousClock.now
        var due = bucket.due(12_000, at: now)
        let expected = due - now
        var small = 0
        while due > now {
            now += .seconds(1)
            if now < due, bucket.due(20, at: now) == now {
                bucket.take(20)
                small += 1
            }
            if now >= due { due = bucket.due(12_000, at: now) }
            if now > due + .seconds(60) { break }
        }
        #expect(small >= 15 && expected < .seconds(20))
        #expect(due <= now)
        bucket.take(12_000)
        // What nobody waits for any more is not kept.
        _ = bucket.due(12_000, at: now)
        now += .seconds(600)
        #expect(bucket.due(400, at: now) == now)
        bucket.take(400)
        #expect(bucket.due(400, at: now) > now)
    }

    @Test(arguments: [
        (1_000_000, nil, 33_333), (40_000, nil, 1333), (10_000, 3, 3333), (10, nil, 1), (600, 1, 600),
    ])
    func aCallHasNoMoreTokensThanFlowInSoon(_ tokens: Int, _ requests: Int?, _ expected: Int) {
        let terms = ModelTerms(
            requests: requests.map { Rate($0, per: Self.minute) }, tokens: Rate(tokens, per: Self.minute))
        #expect(terms.tokensPerRequest == expected)
    }

    @Test func aRefusalHoldsAllCallsUntilItsTime() {
        var pacing = Pacing(BatchLimits(), ModelTerms(isRemote: true))
        let start = ContinuousClock.now
        let (one, other) = (pacing.begin(tokens: 1, at: start), pacing.begin(tokens: 1, at: start))
        pacing.ended(one, .refused(.seconds(9)), at: start)
        pacing.ended(other, .refused(.seconds(5)), at: start)
        let (now, then) = (
            pacing.decide(tokens: 1, at: start), pacing.decide(tokens: 1, at: start + .seconds(9))
        )
        #expect(now == .wait(until: start + .seconds(9)) && then == .go)
    }

    @Test func aProgramIsCalledAsOftenAtOnceAsItSays() {
        var pacing = Pacing(BatchLimits(concurrency: 3), ModelTerms())
        let now = ContinuousClock.now
        for _ in 0..<3 { _ = pacing.begin(tokens: 1, at: now) }
        let decision = pacing.decide(tokens: 1, at: now)
        #expect(decision == .full && pacing.mostCalls == 3)
    }

    /// Who says nothing takes nothing from who does, in whatever order they come.
    @Test(arguments: [[nil, 64], [64, nil], [64, nil, 70]] as [[Int?]])
    func aModelWithoutACeilingLeavesThatOfAnother(
        _ ceilings: [Int?]
    ) {
        let terms = ceilings.map { ModelTerms(concurrency: $0, isRemote: true) }
        var pacing = Pacing(BatchLimits(), terms[0])
        for other in terms.dropFirst() { pacing.join(BatchLimits(), other) }
        #expect(pacing.mostCalls == 64)
    }

    @Test func theStrictestOfThoseOnOneAccountHolds() {
        let second = Duration.seconds(1)
        var pacing = Pacing(
            BatchLimits(), ModelTerms(requests: Rate(100, per: second), concurrency: 9, isRemote: true))
        pacing.join(
            BatchLimits(), ModelTerms(requests: Rate(60, per: Self.minute), concurrency: 4, isRemote: true))
        pacing.join(
            BatchLimits(), ModelTerms(requests: Rate(10, per: second), concurrency: 5, isRemote: true))
        #expect(pacing.mostCalls == 4)
        let now = ContinuousClock.now
        _ = pacing.begin(tokens: 1, at: now)
        guard case .wait(let until) = pacing.decide(tokens: 1, at: now) else {
            Issue.record("it may be called at once")
            return
        }
        #expect(until - now > .milliseconds(900))
    }
}
