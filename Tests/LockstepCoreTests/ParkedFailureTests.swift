import LockstepCore
import MongoBSON
import Testing

@testable import LockstepState

/// The stored form of `lockstep.failures`: old databases hold it.
@Suite struct ParkedFailureTests {
    private static let input = Fingerprint(of: ["a text"])

    private static func failure() -> ParkedFailure {
        ParkedFailure(
            listener: "docs/text/m", document: 7, reason: "bad", attempts: 2, input: input, version: "v1",
            at: 20, since: 10)
    }

    @Test func whatDoesNotApplyIsRemovedFromTheEntry() {
        let expected: BSONDocument = [
            "$set": [
                "reason": "bad", "attempts": 2, "input": Self.input.value, "version": "v1",
                "at": BSONValue(millisecondsSince1970: 20),
            ],
            "$setOnInsert": ["since": BSONValue(millisecondsSince1970: 20)],
            "$unset": ["retry": 1, "outputBytes": 1, "rule": 1, "rules": 1, "stuck": 1, "setup": 1],
        ]
        #expect(Self.failure().update == expected)
        #expect(Self.failure().id == ["listener": "docs/text/m", "document": 7])
    }

    @Test func anEntryIsReadAsItWasWritten() throws {
        var failure = Self.failure()
        failure.outputBytes = 5_000_000_000
        failure.rule = 121
        failure.rules = "ab12"
        failure.isStuck = true
        failure.setup = "two workers"
        let update = failure.update
        #expect(update["$unset"] == ["retry": 1])
        let fields = try #require(update["$set"]?.document).map { ($0.key, $0.value) }
        let entry = BSONDocument(
            [("_id", BSONValue(failure.id))] + fields
                + [("since", BSONValue(millisecondsSince1970: 10)), ("retry", true)])
        let read = try #require(entry.withView { ParkedFailure($0) })
        #expect(read.id == failure.id && read.reason == "bad" && read.attempts == 2)
        #expect(read.input == Self.input && read.version == "v1" && read.at == 20 && read.since == 10)
        #expect(read.outputBytes == 5_000_000_000 && read.rule == 121 && read.rules == "ab12")
        #expect(read.isStuck && read.setup == "two workers" && read.retry)
    }

    @Test(
        arguments: [["_id": "text"], ["_id": ["document": 7]], ["_id": ["listener": "docs/text/m"]]]
            as [BSONDocument])
    func anEntryOfSomebodyElseIsNone(_ entry: BSONDocument) {
        #expect(entry.withView { ParkedFailure($0) } == nil)
    }

    @Test func theIDsOfAListenerAreARangeOfItsOwn() {
        let (low, high) = (BSONValue.minKey, BSONValue.maxKey)
        #expect(
            FailureStore.range("a") == [
                "$gte": ["listener": "a", "document": low], "$lte": ["listener": "a", "document": high],
            ])
        #expect(
            FailureStore.range(nil) == [
                "$gte": ["listener": low, "document": low], "$lte": ["listener": high, "document": high],
            ])
        let id = ParkedFailure.id(listener: "a", document: 7)
        #expect(
            FailureStore.range("a", after: id) == [
                "$gt": BSONValue(id), "$lte": ["listener": "a", "document": high],
            ])
    }
}
