import Lockstep
@testable import MongoBSON
@testable import MongoDriver
import Testing

/// What libbson's reader would take with a loss is an error that says what is wrong.
@Suite struct ExtendedJSONTests {
    @Test(arguments: [
        ("{\"a\": 99999999999999999999}", "does not fit into 64 bits: `99999999999999999999`"),
        ("{\"a\": -9223372036854775809}", "does not fit into 64 bits"),
        ("{\"a\": 1e400}", "out of range"),
        ("{\"a\": {\"$numberDouble\": \"x\"}}", "`$numberDouble` is not a number: `x`"),
        ("{\"a\": {\"$numberDecimal\": \"1x\"}}", "`$numberDecimal` is not a number: `1x`"),
        ("{\"a\": {\"$timestamp\": {\"t\": 4294967296, \"i\": 0}}}", "does not fit into 32 bits"),
        ("{\"a\": {\"$code\": \"x\\u0000y\"}}", "a NUL character in `$code`"),
        ("{\"a\": \"\\ud800\"}", "INVALID_CODEPOINT"),
        ("{\"a\": \"x\0y\"}", "a NUL byte at position 8"),
        ("{\"a\": 1},", "something stands behind the document"),
        ("{\"a\": 1} x", "something stands behind the document"),
        ("{\"a\": 1}{}", "something stands behind the document"),
        ("[1]", "an array, where a document belongs"),
        ("\u{FEFF}{}", "a document begins with `{`"),
        ("5", "a document begins with `{`"),
        ("{\"a\": 1", "Incomplete JSON"),
    ]) func whatWouldBeLostIsRefused(text: String, reason: String) {
        let error = #expect(throws: ExtendedJSONError.self) { try BSONDocument(json: text) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func aDoubleHasAsFewDigitsAsGiveTheSameNumber() throws {
        let numbers = [46.6, 0.1, -0.25, 0.1 + 0.2, 5, -0.0, 1e-7, 1e20, 1e300, .leastNonzeroMagnitude, .pi]
        let document: BSONDocument = [
            "price 46.600000000000001421": 46.6, "text": "\\\" 0.10000000000000000555", "int": 7,
            "long": 9_007_199_254_740_993, "list": BSONValue(numbers.map { BSONValue($0) }),
        ]
        #expect(
            document.json
                == #"{ "price 46.600000000000001421" : 46.6, "text" : "\\\" 0.10000000000000000555", "int" : 7, "long" : 9007199254740993, "list" : [ 46.6, 0.1, -0.25, 0.30000000000000004, 5.0, -0.0, 1e-07, 1e+20, 1e+300, 5e-324, 3.141592653589793 ] }"#
        )
        #expect(try BSONDocument(json: document.json) == document)
        #expect(BSONValue(46.6).json == "46.6" && BSONValue(Double.nan).json.contains("NaN"))
    }

    @Test func limitsAreReached() throws {
        let document = try BSONDocument(
            json: """
                {"a": 9223372036854775807, "b": -9223372036854775808, "c": 1e308, "d": NaN, "e": 0.1,
                 "f": {"$timestamp": {"t": 4294967295, "i": 1}}, "g": {"$numberDouble": "-Infinity"},
                 "h": {"$numberDecimal": "-Inf"}, "i": {"$code": "x\\\\u0000"}, "j": "x\\u0000y", "$t": 1}

                """)
        #expect(document["a"]?.int == .max)
        #expect(document["b"]?.int == .min)
        #expect(document["d"]?.double?.isNaN == true)
        #expect(document["f"]?.timestamp?.seconds == .max)
        #expect(document["g"]?.double == -.infinity)
        #expect(document["i"]?.string == "x\\u0000")
        #expect(document["j"]?.string == "x\0y")
    }
}
