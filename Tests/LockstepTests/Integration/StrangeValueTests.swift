import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// Values that no well-behaved client writes, and values that MongoDB holds equal though they are not the same.
@Suite struct StrangeValueTests {
    static let values: [BSONValue] =
        ValueTests.values + [
            BSONValue(type: .undefined, bytes: []),
            BSONValue(timestamp: BSONTimestamp(seconds: 0, increment: 0)),
            BSONValue(timestamp: BSONTimestamp(seconds: .max, increment: .max)),
            LaxBSON.decimal("1"), LaxBSON.decimal("1.00"), LaxBSON.decimal("-0"), LaxBSON.decimal("Infinity"),
            LaxBSON.decimal("-Infinity"), LaxBSON.decimal("9.999999999999999999999999999999999E+6144"),
            .init(0.0), .init(-Double.infinity), .init(Double(bitPattern: 0x7FF8_0000_0000_0001)),
            .init(Double.leastNonzeroMagnitude),
            BSONValue(int64: .max), BSONValue(int64: .min),
            BSONValue(millisecondsSince1970: .max), BSONValue(millisecondsSince1970: .min),
            LaxBSON.string([0xFF, 0xFE, 0x41]), LaxBSON.string([0x61, 0, 0x62]), LaxBSON.string([0]),
            LaxBSON.string([0xED, 0xA0, 0x80]), LaxBSON.string([0xC0, 0x80], type: .symbol),
            LaxBSON.string([0x61, 0, 0xFF], type: .code),
            BSONValue(binary: [], subtype: 0), BSONValue(binary: [3, 0, 0, 0, 1, 2, 3], subtype: 2),
            BSONValue(binary: Array(repeating: 7, count: 16), subtype: 4),
            BSONValue(binary: [9], subtype: 128),
            ["": 1], ["": ["": [nil]]], ["a.b": 1, "a": ["b": 2]], ["$x": 1], ["$ref": "c", "$id": 1],
            ["a": 1, "b": 2], ["b": 2, "a": 1], ["a": .init(int64: 1), "b": 2], ["a": 1.0, "b": 2],
            ["a": .init(Double.nan)], ["a": .init(-0.0)], ["a": .init(0.0)],
            [.init(Double.nan), LaxBSON.decimal("NaN"), LaxBSON.decimal("1.00")],
            BSONValue(LaxBSON.document([("a", 1), ("a", 2), ("a", nil)])),
            BSONValue(LaxBSON.document([(name: [0xFF, 0x2E, 0xC0], value: 1)])),
            ["u": BSONValue(type: .undefined, bytes: [])], [BSONValue(type: .undefined, bytes: [])],
            [nil], [[]], [[[1]]], LaxBSON.nested(100), LaxBSON.nested(170),
            BSONValue(String(repeating: "long ", count: 200_000)),
        ]

    @Test(arguments: Way.allCases)
    func everyValueIsPredictedOnceOnEveryWay(way: Way) async throws {
        try await withDatabase { db in
            let model = Echo()
            let nested = Tally()
            try await db.add(Listener(model: model, on: docs, key: "value"))
            try await db.add(Listener(model: nested, on: docs, key: "meta.value"))
            try await way.bring(
                Self.values.enumerated().map { index, value in
                    ["_id": BSONValue(index), "value": value, "meta": ["": 1, "value": value]]
                }, to: db)
            var inputs = 0
            for (index, given) in Self.values.enumerated() {
                let document = try #require(try await db.one(BSONValue(index)))
                // MongoDB puts the time for a timestamp of 0 in a document's own field.
                let value = document["value"] ?? nil
                #expect(value == given || given.type == .timestamp, "\(index): \(given)")
                let isInput = value.type != .undefined
                inputs += isInput ? 1 : 0
                #expect(
                    document[path: "_outputs.value.echo.of"] == (isInput ? value : BSONValue?.none),
                    "\(index): \(given)")
                #expect(
                    document[path: "_outputs.meta.value.size"]?.int == (isInput ? given.bytes.count : nil),
                    "\(index): \(given)")
            }
            #expect(model.inputs.count == inputs)
            #expect(nested.inputs == inputs)
            #expect(try await db.failures().isEmpty)
            for report in try await db.audit() { #expect(report.right == Self.values.count) }
        }
    }

    /// Names of array elements that are no places: MongoDB itself gives such an array by its places.
    @Test(arguments: Way.allCases)
    func anArrayCountsByItsPlaces(way: Way) async throws {
        let array = LaxBSON.array([("7", 1), ("", LaxBSON.array([("x", 2)])), ("7", "x")])
        try await withDatabase { db in
            let (top, inner) = (Echo(), Tally())
            try await db.add(Listener(model: top, on: docs, key: "value"))
            try await db.add(Listener(model: inner, on: docs, key: "meta"))
            try await way.bring([["_id": 1, "value": array, "meta": ["list": array]]], to: db)
            #expect(top.inputs == [[1, [2], "x"]])
            #expect(inner.inputs == 1)
            #expect(try await db.audit().allSatisfy { $0.fresh == 1 })
        }
    }

    /// Neighbours in these lists are equal to MongoDB, or nearly.
    static let lookalikes: [[BSONValue]] = [
        [0, .init(0.0), .init(-0.0), LaxBSON.decimal("0"), LaxBSON.decimal("-0"), .init(int64: 0), 0],
        [1, .init(1.0), LaxBSON.decimal("1"), LaxBSON.decimal("1.0"), LaxBSON.decimal("1.00"), 1],
        [
            .init(Double.nan), LaxBSON.decimal("NaN"), .init(Double(bitPattern: 0x7FF8_0000_0000_0001)),
            .init(Double.nan),
        ],
        [["a": 1], ["a": 1.0], ["a": .init(int64: 1)], ["a": LaxBSON.decimal("1.0")], ["a": 1]],
        [["a": 1, "b": 2], ["b": 2, "a": 1], ["a": 1, "b": 2]],
        [[0.0], [.init(-0.0)], [0], [LaxBSON.decimal("-0")], [0.0]],
        [
            "s", LaxBSON.string([0x73], type: .symbol), LaxBSON.string([0x73], type: .code), "s", ["s"],
            [["s"]],
        ],
        [nil, [nil], [[nil]], [], [[]], ["": nil], [:], nil],
        ["é", "e\u{301}", "é"],
        ["a", LaxBSON.string([0x61, 0]), "A", "a"],
    ]

    /// Each list is gone through in one document, waiting at each step; the guard and the fingerprint must agree.
    @Test func lookalikesAreInputsOfTheirOwn() async throws {
        try await withDatabase { db in
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: "value"))
            let longest = Self.lookalikes.map(\.count).max() ?? 0
            try await watching(db) { watcher in
                try await db[docs].insertMany(Self.lookalikes.indices.map { ["_id": BSONValue($0)] })
                try await watcher.waitUntilFresh()
                for step in 0..<longest {
                    for (index, list) in Self.lookalikes.enumerated() where step < list.count {
                        try db.update(["_id": BSONValue(index)], ["$set": ["value": list[step]]])
                    }
                    try await watcher.waitUntilFresh()
                    for (index, list) in Self.lookalikes.enumerated() where step < list.count {
                        let document = try #require(try await db.one(BSONValue(index)))
                        let expected = list[step] == .null ? BSONValue?.none : list[step]
                        #expect(document["value"] == list[step])
                        #expect(document[path: "_outputs.value.echo.of"] == expected, "\(list), step \(step)")
                    }
                    #expect(try await db.audit()[0].right == Self.lookalikes.count)
                }
                try await watcher.waitUntilQuiet()
            }
            #expect(model.inputs.count == Self.lookalikes.joined().count { $0 != .null })
            #expect(try await db.failures().isEmpty)
        }
    }

    /// They change while the model computes: an answer for one must not stand beside another.
    @Test func aLookalikeThatComesWhileTheModelComputesIsPredictedToo() async throws {
        let pairs = Self.lookalikes.flatMap { list in
            let inputs = list.filter { $0 != .null }
            return zip(inputs, inputs.dropFirst())
        }
        try await withDatabase { db in
            let model = Held()
            try await db.add(Listener(model: model, on: docs, key: "value"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    pairs.enumerated().map { ["_id": BSONValue($0), "value": $1.0] })
                try await eventually("the model has them") { model.entered.count == pairs.count }
                for (index, pair) in pairs.enumerated() {
                    try db.update(["_id": BSONValue(index)], ["$set": ["value": pair.1]])
                }
                model.open()
                try await watcher.waitUntilQuiet()
                #expect(model.entered.count == 2 * pairs.count)
                for (index, pair) in pairs.enumerated() {
                    let output = try await db.one(BSONValue(index))?[path: "_outputs.value.held.of"]
                    #expect(output == pair.1, "\(pair)")
                }
            }
            #expect(try await db.audit()[0].fresh == pairs.count)
            #expect(try await db.failures().isEmpty)
        }
    }
}

/// Waits until it is let go, then gives back what it was given.
final class Held: Model {
    let name = "held"
    let limits = BatchLimits(concurrency: 8)
    private let echo = Echo()
    private let gate = Gated()

    func predict(_ inputs: [BSONValue]) async throws -> [BSONValue] {
        let outputs = try await echo.predict(inputs)
        _ = try await gate.predict([])
        return outputs
    }

    func open() { gate.open() }
    var entered: [BSONValue] { echo.inputs }
}
