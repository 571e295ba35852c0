import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import Logging
@testable import MongoBSON
@testable import MongoDriver
import Synchronization
import Testing
import TestModels
import TestSupport

/// How a watcher begins, fails, begins again and ends.
@Suite struct WatcherLifeTests {
    @Test func aWatcherThatFailedWatchesAgain() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            // No position can be saved in a view.
            try db.command(["create": "lockstep.checkpoints", "viewOn": "elsewhere", "pipeline": []])
            let watcher = DatabaseWatcher(db: db)
            for _ in 0..<2 {
                await #expect(throws: MongoError.self) { try await watcher.watch() }
                #expect(watcher.hasEnded && !watcher.isAvailable())
            }
            try db.command(["drop": "lockstep.checkpoints"])
            try await watcher.watch()
            #expect(watcher.isAvailable() && !watcher.hasEnded)
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.output("text.length", of: 1) == 3)
            // The run that was begun last is the one that is stopped, to its end.
            try await watcher.stop()
            #expect(watcher.hasEnded && !watcher.isAvailable())
            #expect(try await db.daemon.lease()?.isAlive != true)
            await #expect(throws: LockstepError.notWatching) { try await watcher.watch() }
        }
    }

    @Test func aTokenIsTheStartOfTheFirstSessionAlone() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            var token: BSONDocument?
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                token = watcher.resumeToken
            }
            try await db[docs].insertMany(
                (0..<5).map { ["_id": BSONValue($0), "text": "abc", "title": "x"] })
            let options = WatcherOptions(identifier: "second", resumeToken: token)
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilFresh()
                #expect(watcher.info().inserts == 5)
                for name in ["one", "two"] {
                    try await db.add(Listener(model: TextLength(name), on: docs, key: "title"))
                    try await eventually("the next session has begun") { watcher.hasListenersOfNow }
                    try await watcher.waitUntilFresh()
                }
                try await db[docs].insertMany([["_id": 5, "text": "abc"]])
                try await watcher.waitUntilFresh()
                #expect(watcher.info().inserts == 6)
            }
        }
    }

    @Test func aCancelledWatcherFinishesWhatIsInHandAndAsksNothingAgain() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany((0..<20).map { ["_id": BSONValue($0), "text": "abc"] })
            let watcher = DatabaseWatcher(db: db, options: WatcherOptions(drainTimeout: .seconds(60)))
            let running = Task { try await watcher.run() }
            try await eventually("the model has the inputs") { model.entered.count == 20 }
            running.cancel()
            try await eventually("the stream is closed") { !watcher.isAvailable() }
            try await throughout(.milliseconds(300), "the model is asked nothing again") {
                model.entered.count == 20
            }
            model.open()
            try await running.value
            #expect(model.entered.count == 20)
            #expect(watcher.info().outputs == 20)
            #expect(try await db.audit()[0].fresh == 20)
        }
    }

    @Test func aCancelledWatcherGivesUpWhatTakesLongerThanItMayDrain() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany((0..<20).map { ["_id": BSONValue($0), "text": "abc"] })
            let watcher = DatabaseWatcher(db: db, options: WatcherOptions(drainTimeout: .milliseconds(200)))
            let running = Task { try await watcher.run() }
            try await eventually("the model has the inputs") { model.entered.count == 20 }
            running.cancel()
            try await running.value
            #expect(model.entered.count == 20)
            #expect(watcher.hasEnded)
        }
    }

    @Test func aDatabaseThatNobodyHoldsGoesWithItsOwnWatcher() async throws {
        weak var database: Database?
        weak var pipeline: Pipeline?
        func use() async throws {
            let name = "t\(UUID().uuidString.prefix(12))"
            let db = try await Database.connect(try TestServer.standaloneURI(), database: name)
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            try await db.waitUntilFresh()
            database = db
            pipeline = db.ownWatcher?.pipeline
            #expect(pipeline?.isOpen == true)
            try db.command(["dropDatabase": 1])
        }
        try await use()
        try await eventually("the database is gone") { database == nil }
        try await eventually("its watcher has ended") { pipeline == nil }
    }

    /// A watcher does not hold the database, and has what it needs of it.
    @Test func aWatcherGoesOnWithoutTheOneWhoMadeIt() async throws {
        try await withDatabase { db in
            func make() async throws -> DatabaseWatcher {
                let other = try await Database.connect(try TestServer.uri(), database: db.name)
                try await other.add(Listener(model: TextLength(), on: docs, key: "text"))
                let watcher = DatabaseWatcher(db: other)
                try await watcher.watch()
                return watcher
            }
            let watcher = try await make()
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.output("text.length", of: 1) == 3)
            try await watcher.stop()
        }
    }
}
