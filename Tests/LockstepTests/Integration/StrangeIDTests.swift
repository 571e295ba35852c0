import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Testing
import TestModels

/// `_id`s of every kind that MongoDB takes.
@Suite struct StrangeIDTests {
    /// Not arrays, regular expressions and undefined, nor `$` at the beginning of a name in it: MongoDB refuses them.
    /// Numbers that are equal to MongoDB are one `_id`.
    static let ids: [BSONValue] = [
        nil, 0, 1.5, .init(Double.nan), .init(Double.infinity), .init(-Double.infinity),
        LaxBSON.decimal("0.1"), 0.1,
        LaxBSON.decimal("1E+40"), LaxBSON.decimal("-9E+6000"), LaxBSON.decimal("-8E+6000"),
        .init(int64: .max), "", "text", "TEXT", "$text", "text.",
        LaxBSON.string([0xFF, 0x41]), LaxBSON.string([0x61, 0, 0x62]), LaxBSON.string([0x61, 0, 0x63]),
        LaxBSON.string([0x73], type: .symbol), LaxBSON.string([0x73], type: .code),
        LaxBSON.json(#"{"$code": "f()", "$scope": {"a": 1}}"#), LaxBSON.json(#"{"$minKey": 1}"#),
        LaxBSON.json(#"{"$maxKey": 1}"#),
        LaxBSON.json(#"{"$dbPointer": {"$ref": "c", "$id": {"$oid": "56e1fc72e0c917e9c4714161"}}}"#),
        .objectID(), true, false, .init(millisecondsSince1970: 0),
        .init(timestamp: .init(seconds: 1, increment: 1)),
        .init(binary: []), .init(binary: [1]), .init(binary: [1], subtype: 128),
        [:], ["": nil], ["a": 1, "b": 2], ["b": 2, "a": 1], ["a": 1.5, "b": .init(int64: 2)],
        ["a": .init(Double.nan)], ["a": LaxBSON.decimal("1.5E+3")], ["a": ["b": [1, 2.0, ["c": nil]]]],
        ["a.b": 1], ["a": [1]],
        BSONValue(LaxBSON.document([("a", 1), ("a", 2)])), ["a": 7],
        BSONValue(LaxBSON.document([(name: [0xFF], value: 1)])), LaxBSON.nested(100),
        BSONValue(String(repeating: "k", count: 1 << 20)),
    ]

    @Test(arguments: Way.allCases)
    func everyIDIsPredictedOnce(way: Way) async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await way.bring(Self.ids.map { ["_id": $0, "text": "abc"] }, to: db)
            let found = try await db[docs].find()
            #expect(found.count == Self.ids.count)
            for document in found {
                #expect(document[path: "_outputs.text.size"]?.int == 8, "\(document["_id"] ?? nil)")
            }
            #expect(model.inputs == Self.ids.count)
            #expect(try await db.audit()[0].fresh == Self.ids.count)
        }
    }

    /// Each is parked, found parked again, tried again, and leaves the list; never twice in it.
    @Test func everyIDIsParkedOnceAndLeavesTheList() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            for id in Self.ids { try await db[docs].insertMany([["_id": id, "text": "bad"]]) }
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().count == Self.ids.count)
            }
            // One that has to look at everything finds them parked.
            let calls = model.calls
            try await watching(db, options: WatcherOptions(identifier: "another")) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(model.calls == calls)
                #expect(try await db.retryFailures() == Self.ids.count)
                try await watcher.waitUntilQuiet()
                #expect(Set(try await db.failures().map(\.documentID)) == Set(Self.ids))
                model.become(.works)
                try db.update(["text": "bad"], ["$set": ["text": "good"]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().isEmpty)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == Self.ids.count })
        }
    }

    @Test func equalNumbersAreOneDocumentWhateverTheirType() async throws {
        try await equalNumbersAreOneDocument([1, 1.0, .init(int64: 1)])
    }

    @Test
    func equalDecimalsAreOneDocumentToo() async throws {
        try await equalNumbersAreOneDocument([1, LaxBSON.decimal("1"), LaxBSON.decimal("1.00")])
    }

    private func equalNumbersAreOneDocument(_ types: [BSONValue]) async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                for id in types + types {
                    try await db[docs].deleteMany(["_id": 1])
                    try await db[docs].insertMany([["_id": id, "text": "bad"]])
                    try await watcher.waitUntilQuiet()
                    #expect(try await db.failures().count == 1, "\(id.type)")
                    #expect(try await db.audit()[0].failed == 1, "\(id.type)")
                }
                for id in types {
                    try await db[docs].deleteMany(["_id": 1])
                    try await db[docs].insertMany([["_id": id, "text": "bad"]])
                    try await watcher.waitUntilFresh()
                    try await db[docs].deleteMany(["_id": 1])
                    try await db[docs].insertMany([["_id": types[0], "text": "good"]])
                    try await watcher.waitUntilQuiet()
                    #expect(try await db.failures().isEmpty, "\(id.type)")
                    #expect(try await db.audit()[0].fresh == 1)
                }
            }
        }
    }

    /// Nothing comes behind MaxKey, and MongoDB refuses to begin a scan there.
    @Test func aScanThatWasInterruptedAtTheLastIDOfAllGoesOn() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            let last = BSONValue(type: .maxKey, bytes: [])
            try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": last, "text": "ab"]])
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            try db.update(
                ["_id": "lockstep"],
                ["$set": ["listeners.0.complete": false, "listeners.0.after": last]],
                collection: "lockstep.checkpoints")
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.daemon.checkpoint()?.isComplete == true)
            #expect(model.inputs.sorted() == ["a", "ab"])
            // It reads all pages, the one behind the last included.
            #expect(try await db.recompute().reduce(0) { $0 + $1.compared } == 2)
        }
    }
}
