import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

@Suite struct StandaloneTests {
    @Test func writesThroughTheLibraryArePredictedInTheSameProcess() async throws {
        try await withStandaloneDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": "abc"], ["_id": 2, "text": "abcd"]])
            try await db.waitUntilFresh()
            #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 3)
            try await db[docs].updateMany(["_id": 1], ["$set": ["text": "changed"]])
            try await db[docs].replaceOne(["_id": 2], ["text": "replaced"])
            try await db[docs].updateMany(["_id": 3], ["$set": ["text": "upserted"]], upsert: true)
            try await db.waitUntilFresh()
            #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 7)
            #expect(try await db.one(2)?[path: "_outputs.text.length"]?.int == 8)
            #expect(try await db.one(3)?[path: "_outputs.text.length"]?.int == 8)
            #expect(model.inputs.sorted() == ["abc", "abcd", "changed", "replaced", "upserted"])
            try await db[docs].deleteMany(["_id": 1])
            try await db.waitUntilFresh()
            #expect(try await db.audit()[0].fresh == 2)
        }
    }

    @Test func writesOfOthersAreFoundByTheAudit() async throws {
        try await withStandaloneDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(reconcileEvery: .milliseconds(200))) { watcher in
                #expect(watcher.isAvailable())
                try db.command(["insert": "docs", "documents": [["_id": 1, "text": "abc"]]])
                try await eventually("the audit found it") {
                    try await db.one(1)?[path: "_outputs.text.length"]?.int == 3
                }
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await eventually("the audit found that the input went") {
                    try await db.one(1)?[path: "_outputs.text.length"] == nil
                }
            }
            #expect(model.inputs == ["abc"])
        }
    }

    @Test func onAReplicaSetTheSameWritesArePredictedOnce() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                for number in 0..<200 {
                    try await db[docs].insertMany([["_id": BSONValue(number), "text": "abc"]])
                }
                try await db[docs].updateMany(["_id": ["$lt": 100]], ["$set": ["text": "changed"]])
                try await watcher.waitUntilFresh()
                let effective = model.inputs.count
                // What was overtaken by its change before its turn came needs no call of its own.
                #expect((200...300).contains(effective))
                #expect(model.inputs.filter { $0 == "changed" }.count == 100)
            }
        }
    }
}
