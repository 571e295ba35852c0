@testable import LockstepCore
@testable import MongoBSON
import Testing

@Suite struct BisectionTests {
    /// Runs it against a model that breaks on any batch with one of `poison` in it.
    private func run(
        count: Int, poison: Set<Int>, batch: Int = 100
    ) -> (outcomes: [Bisection.Outcome?], calls: Int) {
        let batches = stride(from: 0, to: count, by: batch).map { $0..<min(count, $0 + batch) }
        var bisection = Bisection(count: count, batches: batches)
        var calls = 0
        while let range = bisection.next() {
            calls += 1
            if range.contains(where: poison.contains) {
                bisection.failed(range, "broken")
                guard bisection.suspectsOutage else { continue }
                calls += bisection.untried.count
                if bisection.untried.contains(where: { !poison.contains($0) }) {
                    bisection.absolve()
                } else {
                    bisection.confirmOutage("broken")
                }
            } else {
                bisection.succeeded(range, range.map { .value(BSONValue($0)) })
            }
        }
        return (bisection.outcomes, calls)
    }

    @Test func theInputsThatWereCutAreKnownByTheirPlacesInTheCall() {
        var bisection = Bisection(count: 4, batches: [0..<2, 2..<4])
        for truncated in [[], [1]] as [Set<Int>] {
            let range = bisection.next() ?? 0..<0
            bisection.succeeded(range, range.map { .value(BSONValue($0)) }, truncated: truncated)
        }
        let cut = bisection.outcomes.map { outcome in
            if case .prediction(_, isTruncated: true)? = outcome { true } else { false }
        }
        #expect(cut == [false, false, false, true])
    }

    @Test func theCulpritStandsAloneAndTheRestIsPredicted() {
        let (outcomes, calls) = run(count: 100, poison: [37])
        for (index, outcome) in outcomes.enumerated() {
            switch outcome {
            case .prediction(let value, _): #expect(value == BSONValue(index) && index != 37)
            case .failed: #expect(index == 37)
            default: Issue.record("input \(index) has no outcome")
            }
        }
        #expect(calls <= 15)
    }

    @Test func aModelThatBreaksOnEverythingIsAnOutageAndNothingIsBlamed() {
        let (outcomes, calls) = run(count: 1000, poison: Set(0..<1000))
        for outcome in outcomes {
            guard case .unavailable = outcome else {
                Issue.record("an input was blamed for the outage")
                return
            }
        }
        #expect(calls < 30)
    }

    @Test func manyPoisonousInputsAreNoOutageAsLongAsOthersWork() {
        let (outcomes, _) = run(count: 64, poison: Set(0..<10))
        let failed = outcomes.indices.filter { if case .failed = outcomes[$0] { true } else { false } }
        #expect(failed == Array(0..<10))
        #expect(outcomes.allSatisfy { if case .unavailable = $0 { false } else { true } })
    }

    /// Whatever an input was sent for, it is not sent again once it has an answer.
    @Test func whatWasTriedAloneIsInNoBatchAnyMore() {
        var bisection = Bisection(count: 20, batches: [0..<10, 10..<20], trial: 3)
        var sent: [Int] = Array(bisection.next() ?? 0..<0)
        bisection.succeeded(3..<4, [.value(3)])
        for place in bisection.untried {
            bisection.take(place)
            sent.append(place)
            bisection.succeeded(place..<place + 1, [.value(BSONValue(place))])
        }
        while let range = bisection.next() {
            sent += range
            bisection.succeeded(range, range.map { .value(BSONValue($0)) })
        }
        #expect(sent.sorted() == Array(0..<20))
    }

    @Test func whatWasTriedAloneInVainIsSentAgain() {
        var bisection = Bisection(count: 3, batches: [0..<1, 1..<3])
        bisection.failed(bisection.next() ?? 0..<0, "broken")
        bisection.take(2)
        bisection.putBack(2)
        bisection.absolve()
        var sent: [Int] = []
        while let range = bisection.next() {
            sent += range
            bisection.succeeded(range, range.map { .value(BSONValue($0)) })
        }
        #expect(sent.sorted() == [1, 2])
    }

    @Test func whatIsDeferredKeepsItsIDUntilItIsAnswered() {
        #expect(Bisection.Outcome.deferred("new", nil).deferredID(before: "old") == "new")
        #expect(Bisection.Outcome.unavailable("away").deferredID(before: "old") == "old")
        #expect(Bisection.Outcome.wait(.seconds(1), "busy").deferredID(before: "old") == "old")
        #expect(Bisection.Outcome.later(nil).deferredID(before: "old") == "old")
        #expect(Bisection.Outcome.held(.now).deferredID(before: "old") == "old")
        #expect(Bisection.Outcome.refused("no").deferredID(before: "old") == nil)
        #expect(Bisection.Outcome.unavailable("away").deferredID(before: nil) == nil)
    }

    @Test func whatIsLateOrDeferredHasItsOwnOutcome() {
        var bisection = Bisection(count: 2, batches: [0..<2])
        bisection.succeeded(bisection.next() ?? 0..<0, [.later(.seconds(1)), .deferred("id", nil)])
        if case .later(.seconds(1))? = bisection.outcomes[0] {} else { Issue.record("it is not late") }
        #expect(bisection.outcomes[1]?.known == .deferred("id"))
        #expect(bisection.works)
    }

    @Test func fewPoisonousInputsAreNoOutage() {
        let (outcomes, _) = run(count: 64, poison: [0, 1, 20, 63])
        let failed = outcomes.indices.filter { if case .failed = outcomes[$0] { true } else { false } }
        #expect(failed == [0, 1, 20, 63])
    }

    @Test func batchesKeepToCountAndBytes() {
        let limits = BatchLimits(count: 3, bytes: 10)
        #expect(limits.batches(sizes: [1, 1, 1, 1]) == [0..<3, 3..<4])
        #expect(limits.batches(sizes: [6, 6, 6]) == [0..<1, 1..<2, 2..<3])
        #expect(limits.batches(sizes: [100, 1]) == [0..<1, 1..<2])
        #expect(limits.batches(sizes: []) == [])
    }

    /// Fewer than make an outage by themselves: an input that is known to be good decides.
    @Test(arguments: 1...4)
    func fewFailuresWithNoSuccessAreUnproven(count: Int) {
        var bisection = Bisection(count: count, batches: [0..<count])
        while let range = bisection.next() { bisection.failed(range, "broken") }
        #expect(bisection.unprovenFailure == "broken")
        bisection.confirmOutage("broken")
        #expect(
            bisection.outcomes.allSatisfy { outcome in
                if case .unavailable = outcome { true } else { false }
            })
        #expect(bisection.unprovenFailure == nil)
    }

    /// One input first, alone; then the batches without it.
    @Test(arguments: [0, 1, 4, 9]) func aTrialComesBeforeAllOthers(trial: Int) {
        var bisection = Bisection(count: 10, batches: [0..<5, 5..<10], trial: trial)
        #expect(bisection.untried == [])
        #expect(bisection.next() == trial..<trial + 1)
        bisection.succeeded(trial..<trial + 1, [.value(1)])
        #expect(!bisection.untried.isEmpty)
        var rest: [Int] = []
        while let range = bisection.next() {
            rest += range
            bisection.succeeded(range, range.map { .value(BSONValue($0)) })
        }
        #expect(rest == (0..<10).filter { $0 != trial })
        #expect(bisection.outcomes.allSatisfy { $0 != nil })
    }

    @Test func aModelThatAsksToWaitLeavesTheRestForLater() {
        var bisection = Bisection(count: 4, batches: [0..<2, 2..<4])
        bisection.succeeded(bisection.next() ?? 0..<0, [.value(1), .refused("no")])
        _ = bisection.next()
        bisection.wait(.seconds(5), "too many requests")
        #expect(bisection.next() == nil)
        let later = bisection.outcomes.map { if case .wait(.seconds(5), _) = $0 { true } else { false } }
        #expect(later == [false, false, true, true])
    }

    /// It cannot be found out who is to blame: those that failed last are not, nor does the model count as out.
    @Test(arguments: [0, 1, 4]) func whoIsInDoubtWaitsWithTheRestWhileTheAccountIsHeld(failures: Int) {
        let due = ContinuousClock.now
        func isHeld(_ outcome: Bisection.Outcome?) -> Bool {
            if case .held(due)? = outcome { true } else { false }
        }
        func waits(_ outcome: Bisection.Outcome?) -> Bool {
            if case .wait(.seconds(5), "busy")? = outcome { true } else { false }
        }
        var bisection = Bisection(count: 8, batches: (0..<8).map { $0..<$0 + 1 })
        for place in 0..<failures + 1 {
            _ = bisection.next()
            guard place < failures else { break }
            bisection.failed(place..<place + 1, "broken")
        }
        var other = bisection
        bisection.suspend(until: due)
        other.suspend(for: .seconds(5), "busy")
        #expect(bisection.next() == nil && other.next() == nil)
        #expect(bisection.outcomes.allSatisfy(isHeld) && other.outcomes.allSatisfy(waits))
        #expect(bisection.unprovenFailure == nil && other.unprovenFailure == nil)
    }

    @Test func aFailureBesideASuccessIsProven() {
        var bisection = Bisection(count: 2, batches: [0..<2])
        bisection.failed(0..<2, "broken")
        _ = bisection.next()
        bisection.succeeded(0..<1, [.value(1)])
        _ = bisection.next()
        bisection.failed(1..<2, "broken")
        #expect(bisection.unprovenFailure == nil)
    }
}
