@testable import Lockstep
@testable import LockstepCore
@testable import LockstepState
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// One watcher of an identifier works, the others stand by.
@Suite struct LeaseTests {
    @Test func theSecondWatcherStandsByAndTakesOverWhenTheFirstStops() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            let first = DatabaseWatcher(db: db)
            let second = DatabaseWatcher(db: db)
            try await first.watch()
            try await second.watch()
            #expect(!first.isStandingBy)
            #expect(second.isStandingBy)
            #expect(!second.isAvailable())
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            try await first.waitUntilFresh()
            #expect(second.info().inserts == 0)
            try await first.stop()
            try await eventually("the second takes over") { second.isAvailable() }
            #expect(!second.isStandingBy)
            try await db[docs].insertMany([["_id": 2, "text": "abcd"]])
            try await second.waitUntilFresh()
            #expect(try await db.one(2)?[path: "_outputs.text.length"]?.int == 4)
            #expect(model.inputs == ["abc", "abcd"])
            try await second.stop()
        }
    }

    @Test func aLeaseThatVanishesOrIsWrittenByHandIsTakenAgain() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                let rubbish: [BSONDocument] = [
                    ["holder": 5, "term": "x", "expires": "never"],
                    [
                        "holder": 5, "term": .null,
                        "expires": BSONValue(millisecondsSince1970: 99_999_999_999_999),
                    ],
                ]
                for (number, entry) in rubbish.enumerated() {
                    try db.command(["drop": "lockstep.leases"])
                    if number < rubbish.count {
                        try db.update(
                            ["_id": "lockstep"], ["$set": BSONValue(entry)], collection: "lockstep.leases",
                            upsert: true)
                    }
                    try await eventually("the lease is held again") {
                        let lease = try await db.daemon.lease()
                        return lease?.isAlive == true && lease?.holder.id != 5
                    }
                    try await db[docs].insertMany([["_id": BSONValue(number), "text": "abc"]])
                    try await eventually("the watcher works again") {
                        try await db.one(BSONValue(number))?[path: "_outputs.text.length"]?.int == 3
                    }
                }
            }
        }
    }

    /// Two that found it free at once: the server decides.
    @Test func aLeaseIsNotTakenFromAHolderThatIsAlive() async throws {
        try await withDatabase { db in
            let store = LeaseStore(connection: db.connection, identifier: "lockstep")
            let (first, second) = (LeaseHolder.here(), LeaseHolder.here())
            let term = try #require(try store.take(as: first, above: 0, replacing: nil))
            #expect(try store.take(as: second, above: 0, replacing: nil) == nil)
            #expect(try store.load()?.holder.id == first.id)
            try store.release(as: first)
            #expect(try store.take(as: second, above: 0, replacing: nil) == term + 1)
        }
    }

    @Test func whoHasLostTheLeaseSavesNoPosition() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            let connection = db.connection
            let saved = try CheckpointStore(connection: connection, identifier: "lockstep").load()
            let term = saved.term
            let checkpoint = try #require(saved.checkpoint)
            let older = CheckpointStore(connection: connection, identifier: "lockstep", term: term - 1)
            #expect(throws: MongoError.self) { _ = try older.barrier() }
            #expect(throws: MongoError.self) { _ = try older.save(checkpoint) }
            let newer = CheckpointStore(connection: connection, identifier: "lockstep", term: term + 1)
            _ = try newer.barrier()
            let same = CheckpointStore(connection: connection, identifier: "lockstep", term: term)
            let refusal = #expect(throws: MongoError.self) { _ = try same.save(checkpoint) }
            #expect(refusal?.code == MongoError.Code.duplicateKey)
        }
    }
}
