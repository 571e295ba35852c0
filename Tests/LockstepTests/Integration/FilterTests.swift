import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels

/// Filters (`where`) of every form, judged by MongoDB alone: a document enters and leaves, on every way.
@Suite struct FilterTests {
    /// A filter, fields that it matches, and fields that it does not.
    static let filters: [(filter: BSONDocument, matches: BSONDocument, fails: BSONDocument)] = [
        (
            ["a": LaxBSON.json(#"{"$regularExpression": {"pattern": "^x", "options": "i"}}"#)], ["a": "Xy"],
            ["a": "yx"]
        ),
        (["a": ["$regex": "^x", "$options": "i"]], ["a": ["y", "Xy"]], ["a": ["y"]]),
        (["$expr": ["$gt": ["$a", "$b"]]], ["a": 2, "b": 1], ["a": 1, "b": 2]),
        (
            ["$expr": ["$eq": [["$size": ["$ifNull": ["$a.b", []]]], 2]]], ["a": [["b": 1], ["b": 2]]],
            ["a": [["b": 1]]]
        ),
        (
            ["a": ["$gte": .init(millisecondsSince1970: 1000)]], ["a": .init(millisecondsSince1970: 1000)],
            ["a": 2000]
        ),
        (
            [
                "a": [
                    "$in": [
                        "x", nil, LaxBSON.json(#"{"$regularExpression": {"pattern": "z$", "options": ""}}"#),
                    ]
                ]
            ], ["a": "xz"], ["a": "X"]
        ),
        (["a": ["$exists": true]], ["a": nil], ["b": 1]),
        (["a": ["$exists": false]], ["b": 1], ["a": nil]),
        (["a.b": ["$elemMatch": ["$gt": 1, "$lt": 3]]], ["a": ["b": [0, 2]]], ["a": ["b": [0, 4]]]),
        (["a": ["$elemMatch": ["b": 1, "c": 2]]], ["a": [["b": 1, "c": 2]]], ["a": [["b": 1], ["c": 2]]]),
        (["a": ["$not": ["$gt": 5]]], ["a": "text"], ["a": [1, 6]]),
        (["a.b": 3], ["a": [["b": 1], ["b": [3]]]], ["a": [["b": 1]]]),
        (["a.1.b": 3], ["a": [["b": 1], ["b": 3]]], ["a": [["b": 3], ["b": 1]]]),
        (["a": ["$size": 2]], ["a": [1, 2]], ["a": [1]]),
        (["a": ["$all": [1, 2]]], ["a": [2, 1]], ["a": [2]]),
        (["a": ["$type": "decimal"]], ["a": LaxBSON.decimal("1")], ["a": 1]),
        (["a": ["$mod": [2, 1]]], ["a": 3], ["a": 4]),
        (["a": .init(Double.nan)], ["a": LaxBSON.decimal("NaN")], ["a": 1]),
        (["a": 1], ["a": LaxBSON.decimal("1.0")], ["a": "1"]),
        (["a": ["b": 1, "c": 2]], ["a": ["b": 1, "c": 2]], ["a": ["c": 2, "b": 1]]),
        (["$or": [["a": 1], ["b": ["$ne": nil]]]], ["b": 0], ["a": 2]),
        (["$nor": [["a": 1], ["b": 1]]], ["a": 2], ["b": 1]),
        (["$and": [["a": ["$gt": 1]], ["a": ["$lt": 3]]]], ["a": 2], ["a": 3]),
        (["text": ["$ne": "no"], "a": ["$bitsAllSet": 5]], ["a": 7], ["a": 2]),
        (["$jsonSchema": ["required": ["a"]]], ["a": 1], ["b": 1]),
        (["a": "abc"], ["a": "abc"], ["a": "ABC"]),
        (["a": ["$gt": "a", "$lt": "c"]], ["a": "b"], ["a": "B"]),
        (["$expr": ["$eq": ["$a", "abc"]]], ["a": "abc"], ["a": "ABC"]),
        (["$where": "this.a == 7"], ["a": 7], ["a": 8]),
    ]

    /// A collection of each filter, since a listener's filter is for its collection; some with a collation of their own.
    private func withListeners(
        caseInsensitive: Bool, _ body: (Database, [(Collection, Echo)]) async throws -> Void
    ) async throws {
        try await withDatabase { db in
            var listeners: [(Collection, Echo)] = []
            for (number, entry) in Self.filters.enumerated() {
                let collection = Collection("c\(number)")
                if caseInsensitive {
                    try db.command([
                        "create": BSONValue(collection.name), "collation": ["locale": "en", "strength": 1],
                    ])
                }
                let model = Echo()
                try await db.add(Listener(model: model, on: collection, key: "text", where: entry.filter))
                listeners.append((collection, model))
            }
            try await body(db, listeners)
        }
    }

    private func document(_ id: BSONValue, _ text: BSONValue, _ fields: BSONDocument) -> BSONDocument {
        LaxBSON.document([("_id", id), ("text", text)], and: fields)
    }

    @Test(arguments: [false, true])
    func documentsEnterAndLeaveEveryFilter(caseInsensitive: Bool) async throws {
        try await withListeners(caseInsensitive: caseInsensitive) { db, listeners in
            // There before, to be scanned.
            for ((collection, _), entry) in zip(listeners, Self.filters) {
                try await db[collection].insertMany([
                    document("scan in", "t", entry.matches), document("scan out", "t", entry.fails),
                ])
            }
            try await watching(db) { watcher in
                for ((collection, _), entry) in zip(listeners, Self.filters) {
                    try await db[collection].insertMany([
                        document("in", "t", entry.matches), document("out", "t", entry.fails),
                        document("enters", "t", entry.fails), document("leaves", "t", entry.matches),
                    ])
                }
                try await watcher.waitUntilFresh()
                for ((collection, _), entry) in zip(listeners, Self.filters) {
                    for (id, fields) in [("enters", entry.matches), ("leaves", entry.fails)] {
                        let gone = ["a", "b"].filter { fields[$0] == nil }.map { ($0, 1 as BSONValue) }
                        var change: [(String, BSONValue)] = [("$set", BSONValue(fields))]
                        if !gone.isEmpty { change.append(("$unset", BSONValue(BSONDocument(gone)))) }
                        try db.update(
                            ["_id": BSONValue(id)], BSONValue(BSONDocument(change)), collection: collection)
                    }
                }
                try await watcher.waitUntilQuiet()
                for ((collection, model), entry) in zip(listeners, Self.filters) {
                    let found = try await db[collection].find([
                        "_outputs": ["$exists": true], "_lockstep": ["$exists": true],
                    ])
                    let outputs = Set(
                        found.filter { $0[path: "_outputs.text.echo.of"] != nil }.compactMap {
                            $0["_id"]?.string
                        })
                    #expect(outputs == ["scan in", "in", "enters"], "\(entry.filter)")
                    #expect(model.inputs.count == 4, "\(entry.filter)")
                }
            }
            for (report, entry) in zip(try await db.audit(), Self.filters) {
                #expect(report.fresh == 3 && report.withoutInput == 3, "\(entry.filter)")
            }
            #expect(try await db.failures().isEmpty)
        }
    }

    @Test func documentsWhoseTextDiffersInCaseAloneAreTold() async throws {
        try await withDatabase { db in
            try db.command(["create": "docs", "collation": ["locale": "en", "strength": 1]])
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(Listener(model: model, on: docs, keys: ["text", "list"], as: "both"))
            try await db[docs].insertMany([["_id": "scanned", "text": "abc", "list": ["x"]]])
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": "Id", "text": "abc", "list": ["x"]]])
                try await watcher.waitUntilFresh()
                for (text, list) in [("ABC", "x"), ("ABC", "X"), ("äbc", "X"), ("abc", "x")] {
                    // Under the collection's own collation this names both documents.
                    for id in ["ID", "SCANNED"] {
                        try db.update(
                            ["_id": BSONValue(id)],
                            ["$set": ["text": BSONValue(text), "list": [BSONValue(list)]]])
                    }
                    try await watcher.waitUntilQuiet()
                    for document in try await db[docs].find() {
                        #expect(document[path: "_outputs.text.echo.of"] == BSONValue(text))
                        #expect(
                            document[path: "_outputs.both.echo.of"] == [BSONValue(text), [BSONValue(list)]])
                    }
                }
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 2 })
            // For two documents the first of each, then three new texts and four new pairs.
            #expect(model.inputs.count == 18)
        }
    }
}
