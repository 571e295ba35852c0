import LockstepCore
import MongoBSON
import Testing

struct PlannedWorkTests {
    private static let text: [BSONValue] = ["a text"]
    private static let input = Fingerprint(of: text)
    private static let bare = OutputEvidence()

    private static func stored(_ input: Fingerprint = input, version: String = "1") -> OutputEvidence {
        OutputEvidence(
            hasOutput: true, hasProvenance: true,
            provenance: Provenance(input: input, version: version, at: 0))
    }

    private func work(
        _ evidence: Evidence, isUpheld: Bool = false, upstream: [PlannedWork] = []
    ) -> PlannedWork {
        PlannedWork(
            evidence, fingerprint: evidence.input.map { Fingerprint(of: $0) }, version: "1",
            isUpheld: isUpheld, upstream: upstream)
    }

    private static let compute = PlannedWork.compute(text, input)

    @Test func whatIsFreshCostsNothing() {
        #expect(work(Evidence(input: Self.text, stored: Self.stored())) == .nothing)
        #expect(work(Evidence()) == .nothing)
    }

    @Test func whatIsMissingOrStaleIsComputed() {
        #expect(work(Evidence(input: Self.text)) == Self.compute)
        #expect(work(Evidence(input: Self.text, stored: Self.stored(version: "0"))) == Self.compute)
        let other = Self.stored(Fingerprint(of: ["another"]))
        #expect(work(Evidence(input: Self.text, stored: other)) == Self.compute)
    }

    @Test func anOutputWithoutAnInputIsRemoved() {
        #expect(work(Evidence(stored: Self.stored())) == .remove)
        #expect(work(Evidence(isUnmatched: true, stored: Self.stored())) == .remove)
    }

    @Test func whatIsParkedIsNotAskedAgain() {
        #expect(work(Evidence(input: Self.text), isUpheld: true) == .nothing)
        #expect(work(Evidence(input: Self.text, unjudged: "a filter that fails")) == .nothing)
    }

    @Test func whoReadsAnOutputFollowsIt() {
        // There is no output to read yet, or another one.
        #expect(work(Evidence(), upstream: [Self.compute]) == .computeLater)
        let fresh = Evidence(input: Self.text, stored: Self.stored())
        #expect(work(fresh, upstream: [.computeLater]) == .computeLater)
        #expect(work(Evidence(isUnmatched: true), upstream: [Self.compute]) == .nothing)
        #expect(work(fresh, upstream: [.remove]) == .remove)
        #expect(work(Evidence(input: Self.text), upstream: [.remove]) == .nothing)
        #expect(work(fresh, upstream: [.nothing]) == .nothing)
    }

    @Test func theTallyAddsUp() {
        var tally = PlanTally(countsTokens: true)
        for number in 0..<4 {
            let text: [BSONValue] = [BSONValue("the house number \(number % 2)")]
            tally.add(.compute(text, Fingerprint(of: text)), input: text)
        }
        tally.add(.nothing, input: ["a text"])
        tally.add(.nothing, input: nil)
        tally.add(.remove, input: nil)
        #expect(tally.documents == 5 && tally.toCompute == 4 && tally.removals == 1 && tally.later == 0)
        #expect(tally.distinct.count == 2 && tally.tokens == 16 && tally.distinct.tokens == 8)
        #expect(tally.known.inputs == 1 && tally.known.tokens == 2)
        tally.add(.computeLater, input: nil)
        #expect(tally.documents == 6 && tally.toCompute == 5 && tally.later == 1)
        var numbers = PlanTally(countsTokens: false)
        numbers.add(.compute([5], Fingerprint(of: [5])), input: [5])
        #expect(numbers.tokens == 0 && numbers.distinct.count == 1)
    }

    @Test func whatGoesWithEachInputIsCounted() {
        let frame = InputFrame("You label reviews.", repeats: 2)
        var tally = PlanTally(countsTokens: true, frame: frame)
        let text: [BSONValue] = ["the house number 1"]
        for _ in 0..<3 { tally.add(.compute(text, Fingerprint(of: text)), input: text) }
        tally.add(.nothing, input: text)
        let each = 2 * 4 + TokenEstimate.of("You label reviews.")
        #expect(tally.tokens == 3 * each && tally.distinct.tokens == each && tally.known.tokens == each)
        // What is no text is not sent.
        tally.add(.nothing, input: [5])
        #expect(tally.known.tokens == each)
    }
}

struct DistinctInputsTests {
    private func inputs(_ count: Int, bound: Int) -> DistinctInputs {
        var distinct = DistinctInputs(bound: bound)
        // Each twice.
        for _ in 0..<2 {
            for number in 0..<count {
                distinct.add(Fingerprint(of: [BSONValue(number)]), tokens: 1 + number % 3)
            }
        }
        return distinct
    }

    @Test func upToTheBoundTheCountIsExact() {
        let distinct = inputs(1000, bound: 1000)
        #expect(distinct.count == 1000 && !distinct.isEstimate && distinct.tokens == 1999)
        #expect(Set(distinct.sample(2000)) == Set((0..<1000).map { Fingerprint(of: [BSONValue($0)]) }))
    }

    @Test func beyondItIsNearAndSaysSo() {
        let distinct = inputs(50_000, bound: 2048)
        #expect(distinct.isEstimate && distinct.sample(10_000).count <= 2048)
        // Three times the usual error of 1.2 / √2048.
        #expect(abs(Double(distinct.count) / 50_000 - 1) < 0.08, "\(distinct.count)")
        #expect(abs(Double(distinct.tokens) / 100_000 - 1) < 0.1, "\(distinct.tokens)")
    }

    @Test func nothingIsNothing() {
        let none = DistinctInputs()
        #expect(none.count == 0 && none.tokens == 0 && !none.isEstimate && none.sample(5).isEmpty)
    }
}

struct ListenerPlanTests {
    private var tally: PlanTally {
        var tally = PlanTally(countsTokens: true)
        for number in 0..<100 {
            let text: [BSONValue] = [BSONValue("the house number \(number % 50)")]
            tally.add(.compute(text, Fingerprint(of: text)), input: text)
        }
        return tally
    }

    private func plan(_ facts: PlanFacts, _ tally: PlanTally? = nil) -> ListenerPlan {
        ListenerPlan("docs/text/m", tally ?? self.tally, facts)
    }

    @Test func thePriceIsThatOfTheTokens() {
        let plan = plan(PlanFacts(terms: ModelTerms(price: 2), countsTokens: true))
        #expect(plan.tokens == 400 && plan.price.map { abs($0 - 0.0008) < 1e-12 } == true)
        #expect(plan.toCompute == 100 && plan.distinct == 50 && plan.seconds == nil)
    }

    @Test func aMemoAsksEqualInputsOnceAndKnownOnesNever() {
        let memo = ModelTerms(price: 1, hasMemo: true)
        #expect(plan(PlanFacts(terms: memo, countsTokens: true)).tokens == 200)
        let half = plan(PlanFacts(terms: memo, countsTokens: true, remembered: 0.5, perSecond: 5))
        #expect(half.tokens == 100 && half.remembered == 25 && half.seconds == 5)
    }

    @Test func theModelsOwnCountCorrectsTheEstimate() {
        // 60 documents that are fresh, of four tokens each by the estimate.
        var known = tally
        for _ in 0..<60 { known.add(.nothing, input: ["the house number 1"]) }
        func tokens(_ perInput: Double, of inputs: Int) -> Int? {
            plan(PlanFacts(countsTokens: true, counted: (perInput, inputs)), known).tokens
        }
        #expect(tokens(6, of: 60) == 600)
        // Too few, or of another kind.
        #expect(tokens(6, of: 40) == 400 && tokens(100, of: 60) == 800)
        #expect(plan(PlanFacts(countsTokens: true, counted: (6, 60))).tokens == 400)
    }

    @Test func theTimeIsThatOfTheSlowerOfModelAndCeiling() {
        #expect(plan(PlanFacts(countsTokens: true, perSecond: 50)).seconds == 2)
        let slow = ModelTerms(tokens: Rate(100, per: .seconds(1)))
        #expect(plan(PlanFacts(terms: slow, countsTokens: true, perSecond: 50)).seconds == 4)
    }

    @Test func whatIsNotKnownIsNotSaid() {
        #expect(plan(PlanFacts()).tokens == nil && plan(PlanFacts()).price == nil)
        var later = tally
        later.add(.computeLater, input: nil)
        let chained = plan(PlanFacts(terms: ModelTerms(price: 2), countsTokens: true), later)
        #expect(chained.tokens == nil && chained.price == nil && chained.distinct == 51)
        #expect(plan(PlanFacts(), PlanTally(countsTokens: false)).seconds == 0)
    }
}
