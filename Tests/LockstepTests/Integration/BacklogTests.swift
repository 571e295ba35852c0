import Testing

@testable import Lockstep
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
                    try await db.checkpoint()?.position.map { $0.clusterTime >= time } ?? false
                }
                // It is known that something is left to do, after a crash as well.
                #expect(try await db.checkpoint()?.isComplete == false)
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

    @Test func whatIsBehindIsFoundAfterARestart() async throws {
        try await withDatabase { db in
            let out = Fragile()
            out.become(.unavailable)
            try await db.add(Listener(model: out, on: docs, key: "text"))
            let options = WatcherOptions(queueBytes: 64 << 10, drainTimeout: .milliseconds(10))
            try await watching(db, options: options) { watcher in
                try await db[docs].insertMany((0..<3000).map { ["_id": BSONValue($0), "text": "some text"] })
                let time = try #require(try db.connection.operationTime())
                try await eventually("the position moves past what was let go") {
                    try await db.checkpoint()?.position.map { $0.clusterTime >= time } ?? false
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
}
