import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

@Suite struct WatcherTests {
    @Test func anInsertedDocumentIsPredicted() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            let watcher = DatabaseWatcher(db: db, on: docs)
            #expect(!watcher.isAvailable())
            try await watcher.watch()
            #expect(watcher.isAvailable())
            try await db[docs].insertMany([["_id": 1, "text": "hello"]])
            try await watcher.waitUntilFresh(timeout: .seconds(10))
            let document = try #require(try await db.one(1))
            #expect(document[path: "_outputs.text.length"]?.int == 5)
            #expect(document[path: "_lockstep.text.length.version"]?.string == "1")
            #expect(document[path: "_lockstep.text.length.input"]?.binary?.data.count == 16)
            #expect(document[path: "_lockstep.text.length.at"]?.millisecondsSince1970 != nil)
            #expect(model.inputs == ["hello"])
            try await watcher.stop()
            #expect(!watcher.isAvailable())
        }
    }

    @Test func infoCountsTheChangesOfOthersAlone() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": "b"]])
                try await watcher.waitUntilFresh()
                try await db[docs].updateMany(["_id": 1], ["$set": ["text": "aa"]])
                try await db[docs].replaceOne(["_id": 2], ["text": "bb"])
                try await db[docs].deleteMany(["_id": 2])
                try await watcher.waitUntilFresh()
                let info = watcher.info()
                #expect(info.inserts == 2)
                #expect(info.updates == 1)
                #expect(info.replaces == 1)
                #expect(info.deletes == 1)
                #expect(info.waiting == 0)
                #expect(info.waitingBytes == 0)
                let json = try BSONDocument(json: "\(info)")
                #expect(json["inserts"]?.int == 2)
            }
        }
    }

    @Test func documentsThatWereThereBeforeBecomeFresh() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany((0..<2500).map { ["_id": BSONValue($0), "text": "abc"] })
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(model.inputs.count == 2500)
            }
            #expect(try await db.audit()[0].fresh == 2500)
        }
    }

    @Test func aRestartCostsNoModelCallForWhatIsFresh() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<100).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilFresh()
            }
            try await db[docs].updateMany(["_id": 7], ["$set": ["text": "while nothing ran"]])
            try await db[docs].updateMany(["_id": 8], ["$unset": ["text": 1]])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
            }
            #expect(model.inputs.count == 101)
            #expect(model.inputs.last == "while nothing ran")
            let report = try await db.audit()[0]
            #expect(report.fresh == 99 && report.withoutInput == 1 && report.extra == 0)
        }
    }

    @Test func anotherModelVersionIsComputedAgain() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<10).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilFresh()
            }
            let later = try await Database.connect(try TestServer.uri(), database: db.name)
            let model = TextLength(version: "2")
            try await later.add(Listener(model: model, on: docs, key: "text"))
            #expect(try await later.audit()[0].stale == 10)
            try await watching(later) { watcher in try await watcher.waitUntilFresh() }
            #expect(model.inputs.count == 10)
            #expect(try await later.one(3)?[path: "_lockstep.text.length.version"] == "2")
        }
    }

    @Test func aWatcherGoesOnFromATokenThatItIsGiven() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            var token: BSONDocument?
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await watcher.waitUntilFresh()
                token = watcher.resumeToken
            }
            let start = try #require(token)
            try await db[docs].insertMany([["_id": 2, "text": "b"]])
            let options = WatcherOptions(identifier: "another", resumeToken: start)
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilFresh()
                #expect(watcher.info().inserts == 1)
                #expect(watcher.lastReadToken != nil)
            }
        }
    }

    @Test func aPipelineOfOnesOwnRestrictsWhatIsSeen() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            // An audit would find what it hides.
            let options = WatcherOptions(pipeline: [["$match": ["operationType": "insert"]]], auditEvery: nil)
            try await watching(db, options: options) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await watcher.waitUntilFresh()
                try await db[docs].updateMany(["_id": 1], ["$set": ["text": "changed"]])
                try await watcher.waitUntilFresh()
                #expect(watcher.info().updates == 0)
                #expect(model.inputs == ["a"])
            }
        }
    }

    @Test func aListenerThatIsAddedLaterIsTakenUp() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc", "title": "ab"]])
                try await watcher.waitUntilFresh()
                try await db.add(Listener(model: TextLength(), on: docs, key: "title"))
                try await eventually("the new listener's output is there") {
                    try await db.one(1)?[path: "_outputs.title.length"]?.int == 2
                }
            }
        }
    }

    @Test func aDocumentThatChangesWhileItIsPredictedEndsUpRight() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": "a"]])
                try await eventually("the model has the inputs") { model.entered.count == 2 }
                try db.update(["_id": 1], ["$set": ["text": "bb"]])
                try await db[docs].deleteMany(["_id": 2])
                model.open()
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.gated"]?.int == 2)
                // A deleted document does not come back.
                #expect(try await db.one(2) == nil)
                #expect(model.entered == ["a", "a", "bb"])
            }
        }
    }

    @Test func aDocumentEntersAndLeavesAFilter() async throws {
        try await withDatabase { db in
            try await db.add(
                Listener(model: TextLength(), on: docs, key: "text", where: ["lang": "en", "n": ["$gt": 1]]))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc", "lang": "de", "n": 5]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?["_outputs"] == nil)
                try db.update(["_id": 1], ["$set": ["lang": "en"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 3)
                try db.update(["_id": 1], ["$inc": ["n": -4]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.length"] == nil)
                #expect(try await db.one(1)?[path: "_lockstep.text.length"] == nil)
            }
        }
    }

    @Test func aListenerOnAnotherListenersOutputFollows() async throws {
        try await withDatabase { db in
            let second = TextLengthOfNumber()
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db.add(Listener(model: second, on: docs, key: "_outputs.text.length", as: "digits"))
            try await db[docs].insertMany([["_id": 0, "text": "there before"]])
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "0123456789"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(0)?[path: "_outputs.digits.digits"]?.int == 2)
                #expect(try await db.one(1)?[path: "_outputs.digits.digits"]?.int == 2)
                try db.update(["_id": 1], ["$set": ["text": "a"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.digits.digits"]?.int == 1)
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.digits.digits"] == nil)
            }
            #expect(second.calls == 3)
        }
    }

    @Test func aListenerOnAKeyAndAnotherOutputIsCalledOnceForBoth() async throws {
        try await withDatabase { db in
            let pair = Echo()
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db.add(
                Listener(model: pair, on: docs, keys: ["n", "_outputs.text.length"], as: "pair"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc", "n": 5]])
                try await watcher.waitUntilFresh()
                #expect(pair.inputs == [[5, 3]])
                try await db[docs].replaceOne(["_id": 1], ["text": "abcd", "n": 6])
                try await watcher.waitUntilFresh()
                #expect(pair.inputs == [[5, 3], [6, 4]])
            }
        }
    }

    @Test func aChainedOutputFollowsThoughItsNeighbourWasSuperseded() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(
                Listener(model: TextLengthOfNumber(), on: docs, key: "_outputs.text.gated", as: "digits"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": "a"]])
                try await eventually("the model has the inputs") { model.entered.count == 2 }
                try db.update(["_id": 1], ["$set": ["text": "bb"]])
                model.open()
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.digits.digits"]?.int == 1)
                #expect(try await db.one(2)?[path: "_outputs.digits.digits"]?.int == 1)
            }
        }
    }

    @Test func listenersThatClashAreRefused() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            await #expect(throws: LockstepError.self) {
                try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            }
            await #expect(throws: LockstepError.self) {
                try await db.add(
                    Listener(model: TextLength(), on: docs, key: "_outputs.absent.model", as: "x"))
            }
            await #expect(throws: LockstepError.self) {
                try await db.add(Listener(model: TextLength("a.b"), on: docs, key: "x"))
            }
            await #expect(throws: LockstepError.self) {
                try await db.add(Listener(model: TextLength(), on: docs, key: "$where"))
            }
            await #expect(throws: LockstepError.self) {
                try await db.add(Listener(model: TextLength(), on: "lockstep.failures", key: "reason"))
            }
        }
    }
}
