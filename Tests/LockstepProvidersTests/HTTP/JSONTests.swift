import Foundation
import MongoBSON
import Testing

@testable import LockstepProviders

@Suite struct JSONTests {
    @Test(
        arguments: [
            ("null", JSON.null), (" [ ] ", []), ("{}", [:]), ("[1,-2,3.5,1e2]", [1, -2, 3.5, 100.0]),
            (#"{"a":{"b":[true,false]}}"#, ["a": ["b": [true, false]]]),
            (#""a\n\t\r\b\f\"\\\/é😀""#, .string("a\n\t\r\u{8}\u{c}\"\\/é😀")),
            (#""\ud800 x""#, .string("\u{FFFD} x")), (#""😀 ü""#, .string("😀 ü")),
            ("9223372036854775807", .int(.max)), ("0.1", 0.1), ("-0", 0), ("1E-3", 0.001),
            ("1000000000000000000000", .number(1e21)),
            ("0.000000000000000000000000000001", .number(1e-30)),
        ] as [(String, JSON)])
    func whatIsJSONIsRead(text: String, value: JSON) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", "[1,]", "[1", "{\"a\"}", "{\"a\":1,}", "tru", "\"a", "1 2", "{a:1}", #""\x""#, #""\u12""#, "-",
        String(repeating: "[", count: 200),
    ])
    func whatIsNoneIsAnError(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test func numbersArePacked() throws {
        let text = #"{"a":[0.25,-1,null,NaN,1e-3],"b":[[1],[2]],"c":[1,"x"],"d":[]}"#
        let json = try JSONReader.read(Array(text.utf8), packingNumbers: true)
        guard case .floats(let numbers)? = json["a"] else {
            Issue.record("\(json)")
            return
        }
        #expect(numbers.map(\.isNaN) == [false, false, true, true, false])
        #expect([numbers[0], numbers[1], numbers[4]] == [0.25, -1, 0.001])
        #expect(json["b"] == .array([.floats([1]), .floats([2])]))
        #expect(json["c"] == [1, "x"] && json["d"] == [])
        #expect(try JSONReader.read(Array("[-Infinity]".utf8), packingNumbers: true) == .floats([-.infinity]))
    }

    @Test func floatsAreThoseThatFoundationReads() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let number = Double.random(in: -2...2, using: &random)
            let read = try JSONReader.read(Array("[\(number)]".utf8), packingNumbers: true)
            #expect(read == .floats([Float(number)]))
        }
    }

    @Test(arguments: ["plain", "\"\\\n\u{1}\u{1F}\u{0}", "é 日本 😀", ""])
    func textsAreWrittenSoThatOthersReadThem(text: String) throws {
        let json = JSON.object([.init(text, .array([.string(text), 1, 2.5, true, nil]))])
        let read = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: [Any]]
        #expect(read?[text]?.first as? String == text)
        #expect(try JSONReader.read(json.bytes) == json)
    }

    @Test func whatIsStoredIsWhatItSays() throws {
        let json: JSON = ["a": [1, 2.5, nil], "b": ["$date": "no date"]]
        #expect(json.stored?.document?["b"]?.document?["$date"] == "no date")
        #expect(json.stored?.document?["a"] == [1, 2.5, .null])
        #expect(JSON.object([.init("a\0", 1)]).stored == nil)
        #expect(JSON.object([.init("a", 1), .init("a", 2)]).stored == nil)
    }
}
