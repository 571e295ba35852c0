@testable import LockstepCore
@testable import MongoBSON
import Testing

@Suite struct SplitEventTests {
    private func part(_ number: Int, of count: Int, _ fields: BSONDocument, token: BSONValue) -> BSONDocument
    {
        var document: [(String, BSONValue)] = [("_id", token)]
        document += fields.map { ($0.key, $0.value) }
        document.append(("splitEvent", ["fragment": BSONValue(number), "of": BSONValue(count)]))
        return BSONDocument(document)
    }

    @Test func partsBecomeOneEventUnderTheLastToken() {
        var split = SplitEvent()
        #expect(split.take(["_id": 1, "operationType": "insert"]) == ["_id": 1, "operationType": "insert"])
        #expect(split.take(part(1, of: 2, ["operationType": "update", "ns": "a"], token: 2)) == nil)
        #expect(
            split.take(part(2, of: 2, ["fullDocument": "x"], token: 3))
                == ["_id": 3, "operationType": "update", "ns": "a", "fullDocument": "x"])
        #expect(split.take(["_id": 4]) == ["_id": 4])
    }

    @Test func whatIsReadAgainFromItsBeginningBeginsAnew() {
        var split = SplitEvent()
        #expect(split.take(part(1, of: 2, ["a": 1], token: 1)) == nil)
        #expect(split.take(part(1, of: 2, ["a": 1], token: 1)) == nil)
        #expect(split.take(part(2, of: 2, ["b": 1], token: 2)) == ["_id": 2, "a": 1, "b": 1])
    }
}
