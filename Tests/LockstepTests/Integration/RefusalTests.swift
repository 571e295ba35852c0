@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Writes that MongoDB refuses: they come to rest, say why, and come back by themselves.
@Suite struct RefusalTests {
    private static let card = "4111111111111111"
    private static let strict: BSONValue = [
        "$jsonSchema": ["additionalProperties": false, "properties": ["_id": [:], "text": [:], "card": [:]]]
    ]

    /// A database whose `docs` and `others` have a listener, and what is logged about it.
    private func withListeners(
        _ model: some Model,
        _ body: (Database, DatabaseWatcher, LogLines) async throws -> Void
    ) async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.connection.database, log: lines.logger)
            try await db[docs].insertMany([])
            try db.command(["create": "docs"])
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength("other"), on: Collection("others"), key: "text"))
            try await watching(db) { watcher in try await body(db, watcher, lines) }
        }
    }

    private func validate(_ db: Database, _ validator: BSONValue) throws {
        try db.command(["collMod": "docs", "validator": validator])
    }

    /// Changes of a collection that the server has noted.
    private func changes(_ db: Database, of collection: String) throws -> Int {
        try db.connection.run(
            [
                "count": "oplog.rs",
                "query": ["ns": BSONValue(db.connection.namespace(of: collection)), "op": ["$ne": "n"]],
            ], on: "local", operation: "count")["n"]?.int ?? 0
    }

    /// Other documents are computed, one after another: time enough for what feeds itself.
    private func computeOthers(_ db: Database, _ count: Int = 40) async throws {
        let first = try await db[Collection("others")].find().count
        for id in first..<(first + count) {
            try await db[Collection("others")].insertMany([["_id": BSONValue(id), "text": "a"]])
            try await eventually("the document is computed") {
                try await db.one(BSONValue(id), in: Collection("others"))?[path: "_outputs.text.other"] != nil
            }
        }
    }

    @Test func aValidatorThatRefusesOutputsOfDocumentsThatHaveOneComesToRest() async throws {
        try await withListeners(TextLength()) { db, watcher, _ in
            try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": "b"]])
            try await watcher.waitUntilFresh()
            try validate(db, Self.strict)
            for id in [1, 2] as [BSONValue] {
                try db.command([
                    "update": "docs", "bypassDocumentValidation": true,
                    "updates": [["q": ["_id": id], "u": ["$set": ["text": "longer"]]]],
                ])
            }
            try await watcher.waitUntilFresh()
            try await eventually("both are parked") { try await db.failures().count == 2 }
            try await computeOthers(db)
            // Each was parked once, and what that event made was nothing.
            #expect(try changes(db, of: "lockstep.failures") <= 4)
            let failure = try #require(try await db.failures().first)
            #expect(
                failure.reason
                    == "MongoDB refuses the output: the collection's validator refuses the document: additionalProperties of `_lockstep`, `_outputs`. Allow `_outputs` and `_lockstep` in the validator"
            )
            let report = try await db.audit()[0]
            #expect(report.stale == 2 && report.failed == 0)
            // A change of something else, of the outputs too, ends there as well.
            for field in ["views", "_outputs.text.length"] {
                try db.command([
                    "update": "docs", "bypassDocumentValidation": true,
                    "updates": [["q": ["_id": 1], "u": ["$set": [field: 7]]]],
                ])
            }
            try await computeOthers(db)
            #expect(try changes(db, of: "lockstep.failures") <= 8)
            try validate(db, [:])
            try await eventually("what was parked comes back") {
                guard try await db.failures().isEmpty else { return false }
                return try await db.audit()[0].fresh == 2
            }
        }
    }

    @Test func aRuleThatRefusesAllOutputsHoldsTheListenerAndAsksTheModelForFew() async throws {
        let model = TextLength()
        try await withListeners(model) { db, watcher, lines in
            try validate(db, Self.strict)
            try await db[docs].insertMany(
                (0..<2000).map { ["_id": BSONValue($0), "text": BSONValue("text \($0)")] })
            try await eventually("the listener is refused") {
                watcher.status().listeners[0].state == .refused
            }
            let status = watcher.status().listeners[0]
            #expect(status.reason?.contains("Allow `_outputs` and `_lockstep` in the validator") == true)
            #expect(status.outSince != nil)
            #expect(watcher.status().listeners[1].state == .ok)
            try await computeOthers(db)
            #expect(try await db.failures().count == RefusalRun.limit)
            #expect(model.inputs.count < 1000)
            #expect(lines.containing("its outputs are not stored").count == 1)
            try validate(db, [:])
            try await watcher.waitUntilFresh()
            try await eventually("all are fresh") {
                guard try await db.failures().isEmpty else { return false }
                return try await db.audit()[0].fresh == 2000
            }
            // The model was asked twice for what was parked alone.
            #expect(model.inputs.count <= 2000 + RefusalRun.limit)
            #expect(watcher.status().listeners[0].state == .ok)
        }
    }

    @Test func aDocumentWhoseKeyIsTakenIsParkedAloneAndComesBackWithoutTheIndex() async throws {
        try await withListeners(TextLength()) { db, watcher, _ in
            try db.command([
                "createIndexes": "docs",
                "indexes": [
                    [
                        "key": ["_outputs.text.length": 1], "name": "lengths", "unique": true,
                        "sparse": true,
                    ]
                ],
            ])
            try await db[docs].insertMany(
                (1...20).map { ["_id": BSONValue($0), "text": BSONValue(String(repeating: "a", count: $0))] })
            try await watcher.waitUntilFresh()
            try await db[docs].insertMany([["_id": "same", "text": "bbb"]])
            try await watcher.waitUntilFresh()
            let failures = try await db.failures()
            #expect(failures.map(\.documentID) == ["same"])
            #expect(
                failures.first?.reason.contains("the unique index on `_outputs.text.length`. Drop the index")
                    == true)
            #expect(watcher.status().listeners[0].state == .ok)
            try db.command(["dropIndexes": "docs", "index": "lengths"])
            try await eventually("it comes back") {
                guard try await db.failures().isEmpty else { return false }
                return try await db.output("text.length", of: "same") == 3
            }
        }
    }

    @Test func noValueOfADocumentIsInWhatIsSaidOfARefusal() async throws {
        try await withListeners(Echo()) { db, watcher, lines in
            try db.command([
                "createIndexes": "docs",
                "indexes": [["key": ["_outputs.text.echo": "2dsphere"], "name": "places"]],
            ])
            try await db[docs].insertMany(
                (0..<5).map {
                    ["_id": BSONValue($0), "text": BSONValue(Self.card), "card": BSONValue(Self.card)]
                })
            try await eventually("they are refused") { watcher.status().listeners[0].state == .refused }
            try await eventually("the first are parked") {
                try await db.failures().count == RefusalRun.limit
            }
            let failures = try await db.failures()
            let told = failures.map { $0.reason } + lines.all + [watcher.status().listeners[0].reason ?? ""]
            #expect(told.allSatisfy { !$0.contains("4111") })
            #expect(
                failures.first?.reason
                    == "MongoDB refuses the output: Can't extract geo keys … (code 16755). Does an index include `_outputs`? Drop it"
            )
            try db.command(["dropIndexes": "docs", "index": "places"])
            try await watcher.waitUntilFresh()
            try await eventually("all come back") { try await db.audit()[0].fresh == 5 }
        }
    }

    @Test func anOutputThatCannotBeRemovedIsExtraAndComesToRest() async throws {
        try await withListeners(TextLength()) { db, watcher, _ in
            try await db[docs].insertMany([["_id": 1, "text": "a"]])
            try await watcher.waitUntilFresh()
            try validate(db, Self.strict)
            try db.command([
                "update": "docs", "bypassDocumentValidation": true,
                "updates": [["q": ["_id": 1], "u": ["$unset": ["text": 1]]]],
            ])
            try await eventually("it is parked") { try await db.failures().count == 1 }
            try await computeOthers(db)
            #expect(try changes(db, of: "lockstep.failures") <= 2)
            #expect(try await db.audit()[0].extra == 1)
            try validate(db, [:])
            try await eventually("it is removed") {
                guard try await db.failures().isEmpty else { return false }
                return try await db.one(1)?[path: "_outputs.text.length"] == nil
            }
        }
    }

    @Test func whatStandsAboveOurFieldsAndCannotGiveWayComesToRest() async throws {
        try await withListeners(TextLength()) { db, watcher, _ in
            try await db[docs].insertMany([["_id": 1, "text": "a", "_outputs": ["junk"], "_lockstep": [1]]])
            try await watcher.waitUntilFresh()
            #expect(try await db.output("text.length", of: 1) == 1)
            try validate(db, ["_outputs": ["$type": "array"]])
            try db.command([
                "update": "docs", "bypassDocumentValidation": true,
                "updates": [["q": ["_id": 1], "u": ["$set": ["_outputs": ["junk"], "text": "bb"]]]],
            ])
            try await eventually("it is parked") { try await db.failures().count == 1 }
            try await computeOthers(db)
            #expect(try changes(db, of: "lockstep.failures") <= 4)
            try validate(db, [:])
            try await eventually("it comes back") { try await db.output("text.length", of: 1) == 2 }
        }
    }

    @Test func aRepairEndsWhereMongoDBStoresNoOutputs() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db[docs].insertMany((0..<50).map { ["_id": BSONValue($0), "text": "a"] })
            try db.command(["collMod": "docs", "validator": Self.strict])
            let error = await #expect(throws: LockstepError.self) {
                try await DatabaseWatcher(db: db).repair()
            }
            #expect(error?.description.contains("Allow `_outputs` and `_lockstep`") == true)
        }
    }

    @Test func aFailureThatCannotBeNotedIsNotTakenForDone() async throws {
        let model = Fragile()
        try await withListeners(model) { db, watcher, _ in
            try db.command(["create": "lockstep.failures"])
            try db.command(["collMod": "lockstep.failures", "validator": ["never": 1]])
            model.become(.refuses("bad"))
            try await db[docs].insertMany([["_id": 1, "text": "bad"]])
            try await eventually("it is said") { watcher.status().listeners[0].state == .refused }
            #expect(watcher.status().listeners[0].reason?.contains("lockstep.failures") == true)
            #expect(try await db.failures().isEmpty)
            try db.command(["collMod": "lockstep.failures", "validator": [:]])
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().count == 1)
        }
    }
}
