import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// State that was edited by hand, or written by another version: everything becomes fresh all the same.
@Suite struct StateTests {
    /// Three documents, of which the second changed while nobody watched and the third is new.
    private func afterDamage(_ damage: (Database, BSONDocument) throws -> Void) async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": "bb"]])
                try await watcher.waitUntilFresh()
            }
            let saved = try #require(
                try await db[Collection("lockstep.checkpoints")].find(["format": 1]).first)
            try damage(db, saved)
            try db.update(["_id": 2], ["$set": ["text": "bbbb"]])
            try await db[docs].insertMany([["_id": 3, "text": "ccc"]])
            try await watching(db) { watcher in
                try await eventually("everything is fresh") {
                    let audit = try await db.audit()[0]
                    return audit.fresh == 3 && audit.documents == 3
                }
                // It follows what comes next.
                try db.update(["_id": 1], ["$set": ["text": "a longer one"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 12)
            }
            // The next start finds a good checkpoint.
            let calls = model.inputs.count
            try await watching(db) { try await $0.waitUntilFresh() }
            #expect(model.inputs.count == calls)
        }
    }

    static let tokens: [BSONValue] = [
        [:], ["_data": 5], ["_data": nil], ["_data": ""], ["_data": "zz"], ["_data": "8"], ["_data": "82"],
        ["_data": "04"], ["_data": "ff"], ["_data": "826B032C92000000012B02"], ["a": 1], "zz", 5, nil, [],
        // Of another deployment.
        [
            "_data":
                "826B032C92000000012B022C0100296E5A100410226D75977346248FF43EF8F15CE76A461E5F6964002B020004"
        ],
        // Far ahead of this one's time, and before all of it.
        ["_data": "82FF032C91000000142B0229296E04"], ["_data": "8200000001000000142B0229296E04"],
    ]

    @Test(arguments: tokens) func aBadTokenIsHistoryLost(token: BSONValue) async throws {
        try await afterDamage { db, saved in try set(db, saved, ["token": token]) }
    }

    static let fields: [BSONValue] = [
        ["format": 2], ["format": "1"], ["format": nil], ["stream": 5], ["stream": "0123456789abcdef"],
        ["at": "yesterday"], ["auditedFrom": []], ["clusterTime": "now"], ["barriers": "many"],
        ["listeners": "all"], ["listeners": nil], ["listeners": [1, "x", nil, [:], [["listener": 1]]]],
        ["listeners": [["listener": "docs/text/length", "definition": 5, "complete": true]]],
    ]

    @Test(arguments: fields) func aStrangeCheckpointDoesNoHarm(fields: BSONValue) async throws {
        try await afterDamage { db, saved in try set(db, saved, fields) }
    }

    @Test func aScanThatWasToGoOnAfterRubbishLooksThroughEverything() async throws {
        try await afterDamage { db, saved in
            var entry = try #require(saved["listeners"]?.array?.first?.document).map { ($0.key, $0.value) }
            entry = entry.map { $0.0 == "complete" ? ("complete", false) : $0 }
            let entries = [BSONValue(BSONDocument(entry + [("after", [:])]))]
            try set(db, saved, ["listeners": BSONValue(entries), "token": nil])
        }
    }

    @Test func aCheckpointWithoutAnythingIsAsNone() async throws {
        try await afterDamage { db, saved in
            try db.command([
                "update": "lockstep.checkpoints",
                "updates": [["q": ["_id": saved["_id"] ?? nil], "u": ["_id": saved["_id"] ?? nil]]],
            ])
        }
    }

    @Test func strangeFailuresAndWaitsDoNoHarm() async throws {
        try await afterDamage { db, _ in
            let id: BSONValue = ["listener": "docs/text/length", "document": 2]
            try db.command([
                "insert": "lockstep.failures",
                "documents": [
                    ["_id": 1, "retry": true], ["_id": "x"], ["_id": [:]],
                    ["_id": ["listener": 5, "document": 1]],
                    ["_id": ["listener": "docs/text/length"], "retry": true],
                    ["_id": ["listener": "docs/text/gone", "document": 1], "retry": true],
                    ["_id": ["listener": "docs/text/length", "document": 99], "retry": true],
                    [
                        "_id": id, "attempts": 9_000_000_000_000_000_000, "reason": 5,
                        "input": "sixteen bytes and",
                        "version": 7, "at": BSONValue(millisecondsSince1970: -5), "since": "never",
                        "retry": true,
                    ],
                ],
            ])
            try db.command([
                "insert": "lockstep.waits",
                "documents": [["_id": 1], ["_id": ["a": 1], "at": "x"], ["_id": "lockstep", "until": []]],
            ])
        }
    }

    static let provenances: [BSONValue] = [
        "text", [], [[1]], [:], 5, nil, ["input": 5, "version": "1", "at": nil],
        ["input": BSONValue(binary: [UInt8](repeating: 1, count: 15)), "version": "1"],
        ["input": BSONValue(binary: [UInt8](repeating: 1, count: 16), subtype: 2), "version": "1"],
        ["input": "sixteen bytes and", "version": 7, "at": BSONValue(millisecondsSince1970: -5)],
        ["version": "1", "at": BSONValue(millisecondsSince1970: 0)],
    ]

    @Test(arguments: provenances) func aStrangeProvenanceIsComputedAgain(provenance: BSONValue) async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            // Before the first start, and while it runs.
            try await db[docs].insertMany([
                [
                    "_id": 1, "text": "a", "_outputs": ["text": ["length": 9]],
                    "_lockstep": ["text": provenance],
                ],
                [
                    "_id": 2, "text": "bb", "_outputs": ["text": ["length": 9]],
                    "_lockstep": ["text": ["length": provenance]],
                ],
                ["_id": 3, "text": "ccc"],
            ])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                try db.update(["_id": 3], ["$set": ["_lockstep.text.length": provenance]])
                try await watcher.waitUntilFresh()
                let audit = try await db.audit()[0]
                #expect(audit.fresh + audit.failed == 3, "\(audit)")
                #expect(try await db.one(2)?[path: "_outputs.text.length"]?.int == 2)
                #expect(try await db.one(3)?[path: "_outputs.text.length"]?.int == 3)
                // What lies in the way of an output is somebody's data: named, not overwritten.
                for failure in try await db.failures() { #expect(!failure.reason.isEmpty) }
            }
        }
    }

    private func set(_ db: Database, _ saved: BSONDocument, _ fields: BSONValue) throws {
        try db.update(
            ["_id": saved["_id"] ?? nil], ["$set": fields], collection: Collection("lockstep.checkpoints"))
    }
}
