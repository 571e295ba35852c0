import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Values and `_id`s of every BSON type.
@Suite struct ValueTests {
    static let values: [BSONValue] = [
        1.5, .init(Double.nan), .init(-0.0), .init(Double.infinity), "text", "", "$dollar", ["a": 1],
        ["$a": ["b.c": 1]],
        [1, "two"], [], BSONValue(binary: [1, 2, 3]), BSONValue(vector: [1, 2]), .objectID(), true, false,
        BSONValue(millisecondsSince1970: -1), 7, BSONValue(int64: 7),
        BSONValue(timestamp: BSONTimestamp(seconds: 5, increment: 1)), decimal("1.0"), decimal("NaN"),
        json(#"{"$regularExpression": {"pattern": "^a", "options": "i"}}"#), json(#"{"$code": "f()"}"#),
        json(#"{"$code": "f()", "$scope": {"a": 1}}"#), json(#"{"$minKey": 1}"#), json(#"{"$maxKey": 1}"#),
        json(#"{"$symbol": "s"}"#),
        json(#"{"$dbPointer": {"$ref": "c", "$id": {"$oid": "56e1fc72e0c917e9c4714161"}}}"#),
    ]

    private static func json(_ text: String) -> BSONValue {
        (try? BSONDocument(json: #"{"v": \#(text)}"#)["v"]) ?? nil
    }

    private static func decimal(_ text: String) -> BSONValue {
        json(#"{"$numberDecimal": "\#(text)"}"#)
    }

    @Test func everyTypeOfInputIsPredictedAndFollowed() async throws {
        try await withDatabase { db in
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: "value"))
            try await db.add(Listener(model: model, on: docs, keys: ["value", "other"], as: "pair"))
            try await watching(db) { watcher in
                for (index, value) in Self.values.enumerated() {
                    try await db[docs].insertMany([["_id": BSONValue(index), "value": value]])
                }
                try await watcher.waitUntilFresh()
                for (index, value) in Self.values.enumerated() {
                    let document = try #require(try await db.one(BSONValue(index)))
                    #expect(document[path: "_outputs.value.echo.of"] == value)
                    #expect(document[path: "_outputs.pair.echo.of"] == [value, nil])
                }
                // Each to another one's value: the guard must let each of them through.
                for index in Self.values.indices {
                    let next = Self.values[(index + 1) % Self.values.count]
                    _ = try db.command([
                        "update": "docs",
                        "updates": [
                            ["q": ["_id": BSONValue(index)], "u": [["$set": ["value": ["$literal": next]]]]]
                        ],
                    ])
                }
                try await watcher.waitUntilFresh()
                for index in Self.values.indices {
                    let document = try #require(try await db.one(BSONValue(index)))
                    #expect(
                        document[path: "_outputs.value.echo.of"]
                            == Self.values[(index + 1) % Self.values.count])
                }
                #expect(try await db.failures().isEmpty)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == Self.values.count })
        }
    }

    @Test func everyTypeOfIDIsPredictedByStreamAndByScan() async throws {
        // Not arrays, undefined or regular expressions: MongoDB refuses them. Each number once: NaN of any type,
        // 7 and NumberLong(7), are one `_id`.
        let ids = Self.values.filter {
            ![.array, .regex, .undefined].contains($0.type) && $0 != ["$a": ["b.c": 1]]
        }
        .filter { $0 != BSONValue(int64: 7) && $0 != Self.decimal("NaN") }
        for scansOnly in [false, true] {
            try await withDatabase { db in
                try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
                let documents = ids.map { id -> BSONDocument in ["_id": id, "text": "abc"] }
                if scansOnly { try await db[docs].insertMany(documents) }
                try await watching(db) { watcher in
                    if !scansOnly { try await db[docs].insertMany(documents) }
                    try await watcher.waitUntilFresh()
                }
                let found = try await db[docs].find()
                #expect(found.count == documents.count)
                for document in found {
                    #expect(document[path: "_outputs.text.length"]?.int == 3, "\(document["_id"] ?? nil)")
                }
                #expect(try await db.audit().allSatisfy { $0.fresh == documents.count })
            }
        }
    }

    @Test func aLargeInputOfSeveralListenersIsScanned() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength("one"), on: docs, key: "meta.text"))
            try await db.add(Listener(model: TextLength("two"), on: docs, key: "meta.text"))
            let whole = ClosureModel("whole") { (values: [BSONValue]) in values.map(\.bytes.count) }
            try await db.add(Listener(model: whole, on: docs, key: "meta"))
            let text = BSONValue(String(repeating: "x", count: 9 << 20))
            try await db[docs].insertMany([
                ["_id": 1, "meta": ["text": "small"]], ["_id": 2, "meta": ["text": text]],
                ["_id": 3, "meta": ["text": "small"]],
            ])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.one(2)?[path: "_outputs.meta.text.one"]?.int == 9 << 20)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 3 })
        }
    }

    @Test func aCaseInsensitiveCollationDoesNotMixUpInputs() async throws {
        try await withDatabase { db in
            try db.command(["create": "docs", "collation": ["locale": "en", "strength": 1]])
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text", where: ["lang": "en"]))
            try await watching(db) { watcher in
                try await db[docs].insertMany([
                    ["_id": "A", "text": "abc", "lang": "en"], ["_id": "B", "text": "abc", "lang": "EN"],
                ])
                try await eventually("the model has the input") { model.entered == ["abc"] }
                // Equal to the collation, another input to us.
                try db.update(["_id": "A"], ["$set": ["text": "ABC"]])
                model.open()
                try await watcher.waitUntilFresh()
                #expect(model.entered == ["abc", "ABC"])
                #expect(try await db.one("B")?["_outputs"] == nil)
            }
            #expect(try await db.audit()[0].right == 2)
        }
    }
}
