@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Filters (`where`) that cannot be evaluated on every document: the error is that document's alone.
@Suite struct UnjudgedTests {
    /// A filter, fields that it matches, and fields that it cannot be evaluated on.
    static let filters: [(filter: BSONDocument, matches: BSONDocument, breaks: BSONDocument)] = [
        (["$expr": ["$gte": [["$size": "$a"], 1]]], ["a": ["x"]], ["a": "secret"]),
        (["$expr": ["$gt": [["$toInt": "$a"], 1]]], ["a": "12"], ["a": "secret"]),
        (["$expr": ["$gt": [["$divide": [1, "$a"]], 0]]], ["a": 2], ["a": 0]),
        (["$expr": ["$gt": [["$strLenBytes": "$a"], 1]]], ["a": "xy"], ["b": "secret"]),
        (["$expr": ["$in": ["x", "$a"]]], ["a": ["x"]], ["a": "secret"]),
        (
            ["$expr": ["$gt": [["$dateFromString": ["dateString": "$a"]], 0]]], ["a": "2024-01-01"],
            ["a": "secret"]
        ),
        (["$where": "this.a.length > 0"], ["a": "x"], ["b": 1]),
        (["b": ["$ne": 7], "$expr": ["$gt": [["$ln": "$a"], 0]]], ["a": 3], ["a": -1]),
    ]

    private func document(_ id: BSONValue, _ text: BSONValue, _ fields: BSONDocument) -> BSONDocument {
        LaxBSON.document([("_id", id), ("text", text)] + fields.map { ($0.key, $0.value) })
    }

    /// A collection for each filter, each with a good document before, between and behind the bad ones.
    private func withListeners(
        way: Way, _ body: (Database, [(Collection, Echo)]) async throws -> Void
    ) async throws {
        try await withDatabase { db in
            var listeners: [(Collection, Echo)] = []
            for (number, entry) in Self.filters.enumerated() {
                let (collection, model) = (Collection("c\(number)"), Echo())
                try await db.add(Listener(model: model, on: collection, key: "text", where: entry.filter))
                listeners.append((collection, model))
            }
            for ((collection, _), entry) in zip(listeners, Self.filters) {
                try await way.bring(
                    [
                        document(1, "one", entry.matches), document("bad", "two", entry.breaks),
                        document(3, "three", entry.matches), document("no input", nil, entry.breaks),
                        document(5, "five", entry.matches),
                    ], to: db, in: collection)
            }
            try await body(db, listeners)
        }
    }

    @Test(arguments: Way.allCases)
    func aDocumentThatTheFilterCannotBeEvaluatedOnIsParkedAloneOnEveryWay(way: Way) async throws {
        try await withListeners(way: way) { db, listeners in
            for ((collection, model), entry) in zip(listeners, Self.filters) {
                #expect(model.inputs.count == 3 && !model.inputs.contains("two"), "\(entry.filter)")
                for (id, text) in [(1, "one"), (3, "three"), (5, "five")] as [(BSONValue, BSONValue)] {
                    let output = try await db.one(id, in: collection)?[path: "_outputs.text.echo.of"]
                    #expect(output == text, "\(entry.filter)")
                }
                #expect(try await db.one("bad", in: collection)?["_outputs"] == nil)
            }
            let failures = try await db.failures()
            #expect(failures.map(\.documentID) == Self.filters.map { _ in "bad" })
            for failure in failures {
                #expect(
                    failure.reason.contains("`where`") && !failure.reason.contains("secret"), "\(failure)")
            }
            for report in try await db.audit() {
                #expect(report.failed == 1 && report.fresh == 3 && report.all == 5, "\(report)")
            }
            #expect(try await db.listenerCheck.sampleInputs()["echo"] == "one")
            #expect(try await db.recompute().allSatisfy { $0.compared == 3 && $0.different.isEmpty })
        }
    }

    @Test func itComesBackWhenItsFieldsChangeAndRestsTillThen() async throws {
        try await withListeners(way: .scan) { db, listeners in
            let parked = try await db.failures()
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                // A change of other fields, and a person who asks, change nothing about it.
                for (collection, _) in listeners {
                    try db.update(["_id": "bad"], ["$set": ["other": 1]], collection: collection)
                }
                try await db.retryFailures()
                try await eventually("what was asked for was tried") {
                    try await db[Collection("lockstep.failures")].find(["retry": true]).isEmpty
                }
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().map(\.documentID) == parked.map(\.documentID))
                for ((collection, _), entry) in zip(listeners, Self.filters) {
                    try db.update(
                        ["_id": "bad"], ["$set": BSONValue(entry.matches), "$unset": ["other": 1]],
                        collection: collection)
                }
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().isEmpty)
                // One that is well and becomes one that cannot be judged keeps no output.
                for ((collection, _), entry) in zip(listeners, Self.filters) {
                    let gone = BSONValue(BSONDocument(["a", "b"].map { ($0, 1 as BSONValue) }))
                    try db.update(["_id": 3], ["$unset": gone], collection: collection)
                    try db.update(["_id": 3], ["$set": BSONValue(entry.breaks)], collection: collection)
                }
                try await watcher.waitUntilQuiet()
            }
            for ((collection, model), entry) in zip(listeners, Self.filters) {
                #expect(model.inputs.count(where: { $0 == "two" }) == 1, "\(entry.filter)")
                let document = try #require(try await db.one(3, in: collection))
                #expect(document[path: "_outputs.text.echo"] == nil, "\(entry.filter)")
            }
            #expect(try await db.failures().map(\.documentID) == Self.filters.map { _ in 3 })
            #expect(try await db.audit().allSatisfy { $0.failed == 1 && $0.fresh == 3 && $0.all == 5 })
        }
    }

    @Test func anotherFilterTakesItUp() async throws {
        try await withDatabase { db in
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: "text", where: Self.filters[0].filter))
            try await Way.scan.bring([document(1, "one", ["a": ["x"]]), document(2, "two", [:])], to: db)
            #expect(try await db.failures().count == 1)
            let again = try await Database.connect(try TestServer.uri(), database: db.name)
            let filter: BSONDocument = ["$expr": ["$gte": [["$size": ["$ifNull": ["$a", []]]], 0]]]
            try await again.add(Listener(model: model, on: docs, key: "text", where: filter))
            try await watching(again) { try await $0.waitUntilQuiet() }
            #expect(model.inputs == ["one", "two"])
            #expect(try await again.failures().isEmpty)
        }
    }

    @Test func itBecomesOneWhileTheModelComputes() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text", where: Self.filters[0].filter))
            try await watching(db) { watcher in
                try await db[docs].insertMany([
                    document(1, "one", ["a": ["x"]]), document(2, "two", ["a": ["x"]]),
                ])
                try await eventually("the model has both") { model.entered.count == 2 }
                try db.update(["_id": 2], ["$unset": ["a": 1]])
                model.open()
                try await watcher.waitUntilQuiet()
                #expect(try await db.output("text.gated", of: 1) == 3)
                #expect(try await db.one(2)?[path: "_outputs.text.gated"] == nil)
                #expect(try await db.failures().map(\.documentID) == [2])
                try db.update(["_id": 2], ["$set": ["a": ["x"]]])
                try await watcher.waitUntilQuiet()
            }
            #expect(try await db.output("text.gated", of: 2) == 3)
            #expect(try await db.failures().isEmpty)
        }
    }

    /// A filter that no document can be judged by is nobody's fault but the filter's.
    @Test func aFilterThatMongoDBRefusesParksNothing() async throws {
        for filter: BSONDocument in [
            ["$unknown": 1], ["$expr": ["$divide": [1, 0]]], ["a": ["$mod": [0, 1]]],
        ] {
            try await withDatabase { db in
                try await db.add(Listener(model: Echo(), on: docs, key: "text", where: filter))
                try await db[docs].insertMany([["_id": 1, "text": "one"]])
                await #expect(throws: MongoError.self) { _ = try await db.audit() }
                #expect(try await db.failures().isEmpty)
            }
        }
    }
}
