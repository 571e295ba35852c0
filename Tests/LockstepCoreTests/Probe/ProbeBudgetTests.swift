import LockstepCore
import MongoBSON
import Testing

struct ProbeBudgetTests {
    private let budget = ProbeBudget(tokens: 1000, time: .seconds(60))

    private func spent(_ tokens: Int, counted: Int? = nil) -> ProbeSpending {
        var spending = ProbeSpending()
        spending.add(inputs: 1, estimate: tokens, count: counted)
        return spending
    }

    @Test func everyStepLeavesSomethingToThoseBehindIt() {
        let allowed = ProbeStep.allCases.filter {
            budget.allows(100, in: $0, after: spent(450), elapsed: .zero)
        }
        #expect(allowed == [.inputs, .tokens, .throughput])
        let inTime = ProbeStep.allCases.filter {
            budget.allows(1, in: $0, after: ProbeSpending(), elapsed: .seconds(40))
        }
        #expect(inTime == [.tokens, .throughput])
        for step in ProbeStep.allCases {
            #expect(!budget.allows(1, in: step, after: spent(1000), elapsed: .zero))
            #expect(!budget.allows(1, in: step, after: ProbeSpending(), elapsed: .seconds(60)))
        }
    }

    @Test func theModelsOwnCountCorrectsTheEstimates() {
        let twice = spent(100, counted: 200)
        #expect(twice.tokens == 200 && twice.isCounted && twice.tokens(estimate: 50) == 100)
        #expect(spent(100).tokens(estimate: 50) == 50 && !spent(100).isCounted)
        #expect(budget.left(in: .throughput, after: twice) == 800)
    }

    @Test func callsKeepToTheCeilingsOfTheAccount() {
        var pace = CallPace(ModelTerms(requests: Rate(60, per: .seconds(60))))
        #expect((0..<3).map { _ in pace.wait(at: 10, tokens: 5) } == [0, 1, 2])
        #expect(pace.wait(at: 20, tokens: 5) == 0)
        var tokens = CallPace(ModelTerms(tokens: Rate(100, per: .seconds(1))))
        #expect(tokens.wait(at: 0, tokens: 200) == 0 && tokens.wait(at: 0, tokens: 1) == 2)
        var free = CallPace(ModelTerms())
        #expect((0..<3).allSatisfy { _ in free.wait(at: 0, tokens: 1000) == 0 })
    }

    @Test(
        arguments: [
            ("", 0...0), ("the house stands by a river", 6...7), ("internationalization", 3...6),
            ("2026-11-28", 5...6), ("你好世界", 4...4), ("Привет, мир", 4...7), ("안녕하세요", 4...5),
            ("{\"a\": [1, 2]}", 7...9), ("👍👍", 3...4),
        ])
    func tokensAreEstimatedByTheScript(_ text: String, _ expected: ClosedRange<Int>) {
        let tokens = TokenEstimate.of(text)
        #expect(expected.contains(tokens), "\(text): \(tokens)")
        #expect(TokenEstimate.of([BSONValue(text)]) == tokens)
    }

    @Test func onlyTextsHaveTokens() {
        #expect(TokenEstimate.of([5, .null]) == nil)
        #expect(TokenEstimate.of(["one two", .null, ["three"]]) == 3)
    }

    @Test func theTextsOfAProbeBeginAlikeAndEndUnlike() {
        #expect(ProbeText.head(100).hasPrefix(ProbeText.head(99)))
        #expect(ProbeText.head(100).split(separator: " ").count == 100 && ProbeText.head(0).isEmpty)
        let tails = ProbeText.Tail.allCases.map { $0.text.split(separator: " ") }
        #expect(tails[0].count == tails[1].count && Set(tails[0]).isDisjoint(with: tails[1]))
        #expect(Set((0..<200).map { ProbeText.text($0, words: 2) }).count == 200)
    }
}
