@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// A listener that cannot keep up does not stop the others, and catches up later.
@Suite struct BacklogTests {
    @Test func anOutageOfOneModelDoesNotStopTheStreamForTheOthers() async throws {
        try await withDatabase { db in
            let out = Fragile()
            out.become(.unavailable)
            try await db.add(Listener(model: out, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            // Room for some hundred documents.
            let options = WatcherOptions(queueBytes: 256 << 10)
            try await watching(db, options: options) { watcher in
                for batch in 0..<20 {
                    try await db[docs].insertMany(
                        (0..<200).map { ["_id": BSONValue(batch * 200 + $0), "text": "some text"] })
                }
                try await eventually("the other model is through") {
                    try await db.audit()[1].fresh == 4000
                }
                let time = try #require(try db.connection.operationTime())
                try await eventually("the position moves on") {
                    try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time } ?? false
                }
                // It is known that something is left to do, after a crash as well.
                #expect(try await db.daemon.checkpoint()?.isComplete == false)
                #expect(!watcher.hasCaughtUp)
                #expect(watcher.info().waitingBytes < 512 << 10)
                #expect(try await db.failures().isEmpty)
                // What comes while it is behind is found as well, and what somebody does to an output alone.
                try db.update(["_id": 3999], ["$set": ["text": "another"]])
                out.become(.works)
                try await watcher.waitUntilFresh()
                let reports = try await db.audit()
                #expect(reports.allSatisfy { $0.fresh == 4000 })
                #expect(try await db.one(3999)?[path: "_outputs.text.fragile"]?.int == 7)
            }
        }
    }

    @Test func aSlowModelDoesNotStopTheStreamForTheOthers() async throws {
        try await withDatabase { db in
            let slow = Gated()
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(queueBytes: 64 << 10)) { watcher in
                for batch in 0..<10 {
                    try await db[docs].insertMany(
                        (0..<100).map { ["_id": BSONValue(batch * 100 + $0), "text": "some text"] })
                }
                try await eventually("the other model is through", timeout: .seconds(60)) {
                    try await db.audit()[1].fresh == 1000
                }
                slow.open()
                try await watcher.waitUntilFresh()
                #expect(try await db.audit()[0].fresh == 1000)
            }
        }
    }

    @Test func whoFellBehindIsScannedOnceItHasHandledWhatItKeptAndFillsTheQueueNoSecondTime() async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.name, log: lines.logger)
            let slow = Gated()
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(queueBytes: 64 << 10)) { watcher in
                try await watcher.waitUntilFresh()
                for round in 0..<3 {
                    for batch in 0..<4 {
                        let first = round * 1000 + batch * 250
                        try await db[docs].insertMany(
                            (first..<first + 250).map { ["_id": BSONValue($0), "text": "some text"] })
                    }
                    try await eventually("the other model is through") {
                        try await db.audit()[1].fresh == (round + 1) * 1000
                    }
                }
                #expect(lines.all.count { $0.contains("queue full") } == 1, "\(lines.all)")
                slow.open()
                try await watcher.waitUntilFresh()
                #expect(try await db.audit()[0].fresh == 3000)
            }
        }
    }

    @Test func whatIsBehindIsFoundAfterARestart() async throws {
        try await withDatabase { db in
            let out = Fragile()
            out.become(.unavailable)
            try await db.add(Listener(model: out, on: docs, key: "text"))
            let options = WatcherOptions(queueBytes: 64 << 10, drainTimeout: .milliseconds(10))
            try await watching(db, options: options) { watcher in
                // The scan at the start is over: only what is dropped now makes another one due.
                try await watcher.waitUntilFresh()
                try await db[docs].insertMany((0..<3000).map { ["_id": BSONValue($0), "text": "some text"] })
                let time = try #require(try db.connection.operationTime())
                try await eventually("the position moves past what was dropped") {
                    try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time } ?? false
                }
            }
            out.become(.works)
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.audit()[0].fresh == 3000)
            }
        }
    }

    @Test func anEventThatMongoDBCannotDeliverIsPassed() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": "abc"], ["_id": 2, "text": "abc"]])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                // The event names each changed field by its whole path: 20,000 times 1,000 bytes.
                let name = String(repeating: "n", count: 1000)
                let fields = (0..<20_000).map { ("a\($0)", 1 as BSONValue) }
                // With something large that does not change, so that the server logs the difference and not the whole.
                let ballast = ("ballast", BSONValue(String(repeating: "x", count: 4 << 20)))
                try db.update(
                    ["_id": 1],
                    ["$set": BSONValue(BSONDocument([(name, BSONValue(BSONDocument(fields + [ballast])))]))])
                let value: BSONValue = ["$cond": [["$eq": ["$$this.v", 1]], 2, "$$this.v"]]
                let changed: BSONValue = [
                    "$arrayToObject": [
                        "$map": [
                            "input": ["$objectToArray": BSONValue("$" + name)],
                            "in": ["k": "$$this.k", "v": value],
                        ]
                    ]
                ]
                try db.update(
                    ["_id": 1], [["$set": BSONValue(BSONDocument([(name, changed), ("text", "abcd")]))]])
                try await watcher.waitUntilFresh()
                try db.update(["_id": 2], ["$set": ["text": "abcde"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 4)
                #expect(try await db.one(2)?[path: "_outputs.text.length"]?.int == 5)
                #expect(model.inputs == ["abc", "abc", "abcd", "abcde"])
                #expect(watcher.isAvailable())
            }
        }
    }

    /// Outputs are rewritten in bulk, again and again, while their listener is behind: neither does the queue grow, nor
    /// does the stream wait, nor is one of them lost.
    @Test func outputsThatOthersRewriteWhileTheirListenerIsBehindAreFoundAndNeverFillTheQueue() async throws {
        try await withDatabase { db in
            let (out, other) = (Fragile(), TextLength())
            try await db.add(Listener(model: out, on: docs, key: "text"))
            try await db.add(Listener(model: other, on: docs, key: "text"))
            let options = WatcherOptions(queueBytes: 256 << 10)
            let count = 6000
            try await watching(db, options: options) { watcher in
                try await db[docs].insertMany(
                    (0..<count).map { ["_id": BSONValue($0), "text": "some text"] })
                try await watcher.waitUntilFresh()
                out.become(.unavailable)
                try await db[docs].insertMany(
                    (count..<2 * count).map { ["_id": BSONValue($0), "text": "some text"] })
                try await eventually("the other has them") { other.inputs.count == 2 * count }
                let id = "docs/text/fragile"
                try await eventually("the one is behind") {
                    try await db.daemon.checkpoint()?.listeners[id]?.isComplete == false
                }
                var most = 0
                for round in 0..<6 {
                    try db.update(
                        ["_id": ["$lt": BSONValue(count)]],
                        ["$set": ["_outputs.text.fragile": BSONValue(-round - 1)]])
                    let time = try #require(try db.connection.operationTime())
                    try await eventually("the position passes") {
                        most = max(most, watcher.info().waitingBytes)
                        return try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time }
                            ?? false
                    }
                }
                // What its model is tried with, and a batch of the stream.
                #expect(most < options.queueBytes + 2000 * 400, "\(most)")
                try db.update(["_id": 1], ["$set": ["_outputs.text.length": 99]])
                try await eventually("the other's outputs are put right meanwhile") {
                    try await db.output("text.length", of: 1) == 9
                }
                out.become(.works)
                try await watcher.waitUntilFresh()
                let right = try await db[docs].find(["_outputs.text.fragile": 9], projection: ["_id": 1])
                #expect(right.count == 2 * count)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 2 * count })
        }
    }

    /// The same for changes that wait already when the listener falls behind, and after a restart.
    @Test func anOutputThatOthersRewroteBeforeItsListenerFellBehindIsFound() async throws {
        try await withDatabase { db in
            let out = Fragile()
            try await db.add(Listener(model: out, on: docs, key: "text"))
            let options = WatcherOptions(queueBytes: 64 << 10, drainTimeout: .milliseconds(10))
            try await watching(db, options: options) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc"], ["_id": 2, "text": "abc"]])
                try await watcher.waitUntilFresh()
                out.become(.unavailable)
                let calls = out.calls
                try db.update(["_id": 1], ["$set": ["_outputs.text.fragile": 99]])
                try await eventually("it is tried") { out.calls > calls }
                try db.update(["_id": 2], ["$set": ["_outputs.text.fragile": 99]])
                try await db[docs].insertMany((3..<3000).map { ["_id": BSONValue($0), "text": "abc"] })
                let time = try #require(try db.connection.operationTime())
                try await eventually("the position passes") {
                    try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time } ?? false
                }
            }
            out.become(.works)
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.output("text.fragile", of: 1) == 3)
                #expect(try await db.output("text.fragile", of: 2) == 3)
            }
        }
    }

    /// A person has asked for many parked documents to be tried again while nothing ran.
    @Test func parkedDocumentsToBeTriedAgainAreReadAsThereIsRoom() async throws {
        try await withDatabase { db in
            let count = 6000
            let refusing = ClosureModel("gated") { (texts: [String]) in
                texts.map { _ -> Result<Int, InputError> in .failure(InputError("not this")) }
            }
            let before = try await Database.connect(try TestServer.uri(), database: db.name)
            try await before.add(Listener(model: refusing, on: docs, key: "text"))
            try await db[docs].insertMany((0..<count).map { ["_id": BSONValue($0), "text": "abc"] })
            try await watching(before) { try await $0.waitUntilQuiet() }
            #expect(try await db.failures().count == count)
            #expect(try await db.retryFailures() == count)

            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            // From after the marks, so that the stream does not bring them.
            let hidden: BSONDocument = ["$match": ["ns.coll": ["$ne": "lockstep.failures"]]]
            let options = WatcherOptions(pipeline: [hidden], queueBytes: 256 << 10)
            try await watching(db, options: options) { watcher in
                try await eventually("the model has some") { !model.entered.isEmpty }
                #expect(!watcher.hasCaughtUp)
                try await throughout(.milliseconds(500), "the queue stays within its bound") {
                    watcher.info().waitingBytes < 3 * options.queueBytes
                }
                model.open()
                try await watcher.waitUntilFresh()
                try await eventually("all are stored") { try await db.audit()[0].fresh == count }
                #expect(model.entered.count == count)
                try await eventually("none is parked any more") { try await db.failures().isEmpty }
            }
        }
    }

    /// A person asked for it while its listener was behind.
    @Test func aParkedDocumentToBeTriedAgainIsFoundByAScan() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "bad"], ["_id": 2, "text": "good"]])
                try await watcher.waitUntilQuiet()
                try await watcher.pause(listener: "docs/text/fragile")
                try await db.retryFailures()
                let time = try #require(try db.connection.operationTime())
                try await eventually("the position passes") {
                    try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time } ?? false
                }
                model.become(.works)
                try await watcher.resume(listener: "docs/text/fragile")
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().isEmpty)
                #expect(try await db.output("text.fragile", of: 1) == 3)
            }
        }
    }
}
