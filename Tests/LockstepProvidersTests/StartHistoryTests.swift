import Testing

@testable import LockstepProviders

/// When a program may be started again, and what the log hears of one that fails again and again.
@Suite struct StartHistoryTests {
    private let zero = SuspendingClock.now
    private func at(_ seconds: Double) -> SuspendingClock.Instant { zero + .seconds(seconds) }

    /// Starts as soon as it may, for that long; each fails at once. Gives the times.
    private func loop(_ seconds: Double, isOutage: Bool, callers: Int = 1) -> [Double] {
        var history = StartHistory()
        var starts: [Double] = []
        for tick in 0..<Int(seconds * 10) {
            for _ in 0..<callers where history.refusal(at(Double(tick) / 10)) == nil {
                starts.append(Double(tick) / 10)
                _ = history.failed("exited", "exited", isOutage: isOutage, at(Double(tick) / 10))
            }
        }
        return starts
    }

    @Test func aProgramThatCannotWorkIsStartedEverMoreRarely() {
        #expect(
            loop(200, isOutage: true) == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5, 121.5, 151.5, 181.5])
        // However many ask.
        #expect(loop(200, isOutage: true, callers: 10) == loop(200, isOutage: true))
    }

    @Test func oneThatBreaksOnWhatItIsAskedMayTryOthersBetweenThePauses() {
        let starts = loop(10, isOutage: false, callers: 10)
        #expect(
            starts == [0, 0.5, 1.5, 3.5, 7.5].flatMap { Array(repeating: $0, count: StartHistory.burst) })
    }

    @Test func whileOneIsTriedTheOthersWait() {
        var history = StartHistory()
        #expect(history.refusal(zero) == nil && history.refusal(zero) == nil)
        _ = history.failed("exited", "exited: a", isOutage: true, zero)
        #expect(history.refusal(at(0.4)) == "exited: a")
        #expect(history.refusal(at(0.5)) == nil)
        #expect(history.refusal(at(100)) == "exited: a")
        // Nobody waits for it any more.
        history.wasGivenUp()
        #expect(history.refusal(at(100)) == nil)
        history.answered()
        #expect(history.refusal(at(100)) == nil && history.refusal(at(100)) == nil)
    }

    @Test func oneCauseHasOneReason() {
        var history = StartHistory()
        #expect(history.failed("exited", "exited: at 10:01", isOutage: true, zero) == "exited: at 10:01")
        #expect(history.failed("exited", "exited: at 10:02", isOutage: true, zero) == "exited: at 10:01")
        #expect(history.failed("killed", "killed", isOutage: true, zero) == "killed")
        history.answered()
        #expect(history.failed("exited", "exited: at 10:03", isOutage: true, zero) == "exited: at 10:03")
    }

    @Test func anAnswerEndsThePauses() {
        var history = StartHistory()
        for _ in 0..<5 { _ = history.failed("exited", "exited", isOutage: true, zero) }
        #expect(history.refusal(at(7)) != nil)
        history.answered()
        _ = history.failed("exited", "exited", isOutage: true, zero)
        #expect(history.refusal(at(0.5)) == nil)
    }

    @Test func theLogHearsOfEachKindOnceAndThenTheSum() {
        var summary = FailureSummary()
        #expect(summary.failed("exited", zero) == (true, []))
        for second in 1...38 {
            #expect(summary.failed("exited", lines: 2, at(Double(second))) == (false, []))
        }
        #expect(summary.failed("was killed", at(40)) == (true, []))
        let sums = ["exited, 38 more times in the last 10 minutes; 76 lines on stderr left out"]
        #expect(summary.failed("exited", at(610)) == (false, sums))
        // What came once is told in full when it comes again.
        #expect(summary.failed("was killed", at(611)) == (true, []))
        #expect(summary.failed("exited", at(1300)) == (false, ["exited, once more in the last 12 minutes"]))
    }

    @Test func ofEverNewKindsTheLogHearsTen() {
        var summary = FailureSummary()
        let told = (0..<1000).filter { summary.failed("failure \($0)", at(Double($0) / 10)).isNews }
        #expect(told == Array(0..<FailureSummary.mostKinds))
        #expect(
            summary.failed("failure 0", at(600)).sums
                == ["the program failed otherwise, 990 more times in the last 10 minutes"])
    }

    @Test func aProgramThatLoadsIsToldOfNowAndThen() {
        var notice = LoadingNotice(limit: .seconds(300))
        let told = (0..<300).filter { notice.due(after: .seconds($0)) != nil }
        #expect(told == [30, 60, 120, 240])
        var other = LoadingNotice(limit: .seconds(300))
        #expect(
            other.due(after: .seconds(31))
                == "the program is still starting after 31 s (`startTimeout` is 300 s)")
    }
}
