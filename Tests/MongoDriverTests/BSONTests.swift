@testable import LockstepCore
@testable import MongoBSON
import Testing

@Suite struct BSONTests {
    @Test func valuesComeBackAsTheyWent() throws {
        let document: BSONDocument = [
            "text": "héllo", "int": 7, "long": 8_000_000_000, "double": 1.5, "yes": true, "none": nil,
            "list": [1, "two"], "nested": ["a": ["b": 1]],
        ]
        #expect(document["text"]?.string == "héllo")
        #expect(document["int"]?.type == .int32)
        #expect(document["long"]?.int == 8_000_000_000)
        #expect(document["long"]?.type == .int64)
        #expect(document["double"]?.double == 1.5)
        #expect(document["yes"]?.bool == true)
        #expect(document["none"] == .null)
        #expect(document["list"]?.array == [1, "two"])
        #expect(document[path: "nested.a.b"]?.int == 1)
        #expect(document["absent"] == nil)
        #expect(try BSONDocument(json: document.json) == document)
    }

    @Test func vectorsAreBinaryOfSubtypeNine() throws {
        let value = BSONValue(vector: [1, -2.5])
        let binary = try #require(value.binary)
        #expect(binary.subtype == 9)
        #expect(Array(binary.data) == [0x27, 0, 0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0])
        #expect(value.floats == [1, -2.5])
        #expect(([1, 2.5] as BSONValue).floats == [1, 2.5])
        #expect(("text" as BSONValue).floats == nil)
    }

    @Test func emptyDocumentsAndOddKeysAreRead() throws {
        #expect(BSONDocument().map(\.key) == [])
        let odd: BSONDocument = ["": 1, "a.b": 2, "$x": 3, "a": 4, "a": 5]
        #expect(odd.map(\.key) == ["", "a.b", "$x", "a", "a"])
        #expect(odd["a"]?.int == 4)
        #expect(odd[""]?.int == 1)
    }

    @Test func brokenBytesAreRefused() {
        #expect(BSONDocument(validating: []) == nil)
        #expect(BSONDocument(validating: [5, 0, 0, 0]) == nil)
        #expect(BSONDocument(validating: [6, 0, 0, 0, 0, 0]) == nil)
        #expect(BSONDocument(validating: [5, 0, 0, 0, 0]) == BSONDocument())
    }

    @Test func brokenJSONIsAnErrorThatSaysWhy() {
        #expect(throws: ExtendedJSONError.self) { try BSONDocument(json: "{") }
        #expect(throws: ExtendedJSONError.self) { try BSONDocument(json: "") }
        #expect(throws: ExtendedJSONError.self) { try BSONDocument(json: "[1, 2") }
    }

    @Test func invalidUTF8IsRepairedWhenItIsRead() {
        let value = BSONDocument(validating: [13, 0, 0, 0, 2, 97, 0, 1, 0, 0, 0, 0, 0])
        #expect(value?["a"]?.string == "")
        let lax = BSONDocument(validating: [14, 0, 0, 0, 2, 97, 0, 2, 0, 0, 0, 0xFF, 0, 0])
        #expect(lax?["a"]?.string == "\u{FFFD}")
    }

    @Test func aResumeTokenTellsItsTime() {
        let position = Position(token: ["_data": "826B030170000000232B022C0100296E5A1004"])
        #expect(position.clusterTime == BSONTimestamp(seconds: 0x6B03_0170, increment: 0x23))
    }
}
