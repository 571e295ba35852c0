@testable import LockstepCore
import MongoBSON
import Testing

/// Equal inputs of a round are one question.
struct QuestionsTests {
    private func input(_ text: BSONValue, isRetry: Bool = false) -> RoundInput {
        RoundInput(values: [text], fingerprint: Fingerprint(of: [text]), isRetry: isRetry)
    }

    @Test func equalInputsAreAskedOnceForAllTheirDocuments() {
        var questions = Questions(areEqualOne: true)
        for (place, text) in (["a", "b", "a", "c", "a", "b"] as [BSONValue]).enumerated() {
            questions.add(input(text), at: place)
        }
        #expect(questions.all.map(\.input.value) == ["a", "b", "c"])
        #expect(questions.all.map { [$0.place] + $0.others } == [[0, 2, 4], [1, 5], [3]])
    }

    @Test func aModelThatAnswersAsItLikesIsAskedForEachDocument() {
        var questions = Questions(areEqualOne: false)
        for place in 0..<3 { questions.add(input("a"), at: place) }
        #expect(questions.all.map { [$0.place] + $0.others } == [[0], [1], [2]])
    }

    @Test func valuesThatMongoDBHoldsEqualAreOtherInputs() {
        var questions = Questions(areEqualOne: true)
        for (place, value) in [1, BSONValue(1.0), BSONValue(int64: 1)].enumerated() {
            questions.add(input(value), at: place)
        }
        #expect(questions.all.count == 3)
    }

    @Test func whatOneDocumentNeedsHoldsForTheQuestion() {
        var questions = Questions(areEqualOne: true)
        questions.add(input("a"), at: 0)
        questions.add(input("a", isRetry: true), at: 1)
        questions.add(input("a"), at: 2, id: "job")
        questions.add(input("a"), at: 3, id: "another job")
        #expect(questions.all.count == 1)
        #expect(questions.all.first?.isRetry == true && questions.all.first?.id == "job")
    }
}
