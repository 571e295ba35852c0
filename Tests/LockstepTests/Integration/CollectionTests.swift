import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

@Suite struct CollectionTests {
    // Among them is one of more than 16 MB, which no stream delivers whole.
    @Test func whatHappensToOtherCollectionsDelaysNothing() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                let large = BSONValue(String(repeating: "x", count: 9 << 20))
                try await db["other"].insertMany([["_id": 1, "a": large]])
                for round in 0..<5 {
                    try await db["other"].insertMany(
                        (0..<20).map { _ in ["a": BSONValue(String(repeating: "x", count: 100_000))] })
                    try await db[docs].insertMany([["_id": BSONValue(round), "text": "abc"]])
                }
                let replaced: BSONDocument = ["_id": 1, "b": large]
                _ = try db.command([
                    "update": "other", "updates": [["q": ["_id": 1], "u": BSONValue(replaced)]],
                ])
                try await db[docs].insertMany([["_id": 5, "text": "abc"]])
                try await watcher.waitUntilFresh()
                #expect(watcher.info().inserts == 6)
            }
            #expect(model.inputs.count == 6)
            #expect(try await db.audit()[0].fresh == 6)
        }
    }

    @Test func aCollectionThatIsReplacedByARenameIsLookedThroughAndKeepsNoOldFailures() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "bad"], ["_id": 2, "text": "good"]])
                try await db["staging"].insertMany([["_id": 3, "text": "good"], ["_id": 4, "text": "bad"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().map(\.documentID) == [1])
                _ = try db.connection.run(
                    [
                        "renameCollection": BSONValue("\(db.name).staging"),
                        "to": BSONValue("\(db.name).docs"),
                        "dropTarget": true,
                    ], on: "admin", operation: "renameCollection")
                try await eventually("the new documents are scanned") {
                    let output = try await db.one(3)?[path: "_outputs.text.fragile"]?.int
                    let failures = try await db.failures().map(\.documentID)
                    return output == 4 && failures == [4]
                }
            }
        }
    }

    @Test func aCollectionThatIsDroppedAndMadeAgainIsFollowed() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await watcher.waitUntilFresh()
                try db.command(["drop": "docs"])
                try await db[docs].insertMany([["_id": 1, "text": "abcd"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 4)
                try db.command(["dropDatabase": 1])
                try await db[docs].insertMany([["_id": 1, "text": "abcde"]])
                try await eventually("the stream goes on after the database was dropped") {
                    try await db.one(1)?[path: "_outputs.text.length"]?.int == 5
                }
            }
        }
    }
}
