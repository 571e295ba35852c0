@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// Waiting until a write is reflected.
@Suite struct FreshnessTests {
    @Test func aWriteIsWaitedForByItsOperationTime() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                let before = try await watcher.operationTime()
                try await watcher.waitUntilFresh(after: before, timeout: .seconds(60))
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                let after = try await watcher.operationTime()
                try await eventually("the model is asked") { model.entered == ["abc"] }
                // What was there before is reflected still, what is being computed is not.
                try await watcher.waitUntilFresh(after: before, timeout: .seconds(60))
                await #expect(throws: LockstepError.self) {
                    try await watcher.waitUntilFresh(after: after, timeout: .milliseconds(100))
                }
                model.open()
                try await watcher.waitUntilFresh(after: after, timeout: .seconds(60))
                #expect(try await db.output("text.gated", of: 1) == 3)
                #expect(watcher.reflectedTime! >= after!)
            }
        }
    }

    @Test func manyMayWaitAtOnce() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for id in 0..<100 {
                        group.addTask {
                            try await db[docs].insertMany([["_id": BSONValue(id), "text": "abc"]])
                            let time = try await watcher.operationTime()
                            try await watcher.waitUntilFresh(after: time, timeout: .seconds(60))
                            #expect(try await db.output("text.length", of: BSONValue(id)) == 3)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func oneListenerIsWaitedForWhateverTheOthersWaitFor() async throws {
        try await withDatabase { db in
            let (dead, held, paused) = (Fragile(), Gated(), TextLength("paused"))
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db.add(Listener(model: dead, on: docs, key: "text"))
            try await db.add(Listener(model: held, on: docs, key: "text"))
            try await db.add(Listener(model: paused, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                dead.become(.unavailable)
                try await watcher.pause(listener: "docs/text/paused")
                for id in 0..<5 {
                    try await db[docs].insertMany([["_id": BSONValue(id), "text": "abc"]])
                    try await watcher.waitUntilFresh(listener: "docs/text/length")
                    #expect(try await db.output("text.length", of: BSONValue(id)) == 3)
                }
                let time = try await watcher.operationTime()
                for id in ["docs/text/fragile", "docs/text/gated", "docs/text/paused"] {
                    await #expect(throws: LockstepError.self, "\(id)") {
                        try await watcher.waitUntilFresh(
                            after: time, listeners: ["docs/text/length", id], timeout: .milliseconds(50))
                    }
                }
                let reason = await #expect(throws: LockstepError.self) {
                    try await watcher.waitUntilFresh(timeout: .milliseconds(50))
                }
                #expect(reason?.description.contains("`docs/text/fragile` is unavailable") == true)
                #expect(reason?.description.contains("`docs/text/paused` is paused") == true)
                await #expect(throws: LockstepError.noListener("docs/text/none")) {
                    try await watcher.waitUntilFresh(listener: "docs/text/none")
                }
                held.open()
                try await watcher.waitUntilFresh(listener: "docs/text/gated")
                #expect(try await db.output("text.gated", of: 4) == 3)
                dead.become(.works)
                try await watcher.waitUntilFresh(listener: "docs/text/fragile")
                #expect(try await db.output("text.fragile", of: 4) == 3)
            }
        }
    }

    @Test func aNewListenerOfTheCollectionDoesNotHoldUpTheOthers() async throws {
        try await withDatabase { db in
            let held = Gated()
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<100).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilQuiet()
                try await db.add(Listener(model: held, on: docs, key: "text"))
                try await eventually("it is scanned") { !held.entered.isEmpty }
                try await db[docs].insertMany([["_id": 100, "text": "abcd"]])
                try await watcher.waitUntilFresh(listener: "docs/text/length")
                #expect(try await db.output("text.length", of: 100) == 4)
                let time = try await watcher.operationTime()
                await #expect(throws: LockstepError.self) {
                    try await watcher.waitUntilFresh(
                        after: time, listeners: ["docs/text/gated"], timeout: .milliseconds(50))
                }
                held.open()
                try await watcher.waitUntilFresh(listener: "docs/text/gated")
                #expect(try await db.output("text.gated", of: 100) == 4)
            }
        }
    }

    @Test func aListenerWaitsForThoseWhoseOutputsItReads() async throws {
        try await withDatabase { db in
            let first = Gated()
            try await db.add(Listener(model: first, on: docs, key: "text"))
            try await db.add(Listener(model: Echo(), on: docs, key: "_outputs.text.gated", as: "again"))
            first.open()
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                first.close()
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                let time = try await watcher.operationTime()
                try await eventually("the first is asked") { first.entered == ["abc"] }
                await #expect(throws: LockstepError.self) {
                    try await watcher.waitUntilFresh(
                        after: time, listeners: ["docs/again/echo"], timeout: .milliseconds(50))
                }
                first.open()
                try await watcher.waitUntilFresh(
                    after: time, listeners: ["docs/again/echo"], timeout: .seconds(60))
                #expect(try await db.one(1)?[path: "_outputs.again.echo.of"]?.int == 3)
            }
        }
    }

    /// What another process sees of it.
    @Test func whatIsSavedTellsOfEachListenerApart() async throws {
        try await withDatabase { db in
            let dead = Fragile()
            let works = Listener(model: TextLength(), on: docs, key: "text")
            let waits = Listener(model: dead, on: docs, key: "text")
            try await db.add(works)
            try await db.add(waits)
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                dead.become(.unavailable)
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await db.waitForDaemon([works.signature], timeout: .seconds(60))
                #expect(try await db.output("text.length", of: 1) == 3)
                let reason = await #expect(throws: LockstepError.self) {
                    try await db.waitForDaemon([works.signature, waits.signature], timeout: .seconds(2))
                }
                #expect(
                    reason?.description.contains("is unavailable") == true, "\(String(describing: reason))")
                // One of another filter, and one of another version, is another one.
                let filtered = Listener(
                    model: TextLength(), on: docs, key: "text", where: ["lang": "en"])
                let newer = Listener(model: TextLength(version: "2"), on: docs, key: "text")
                for other in [filtered, newer] {
                    let reason = await #expect(throws: LockstepError.self) {
                        try await db.waitForDaemon([other.signature], timeout: .seconds(60))
                    }
                    #expect(reason?.description.contains("another configuration") == true)
                }
                dead.become(.works)
                try await db.waitForDaemon([works.signature, waits.signature], timeout: .seconds(60))
                #expect(try await db.output("text.fragile", of: 1) == 3)
            }
        }
    }
}
