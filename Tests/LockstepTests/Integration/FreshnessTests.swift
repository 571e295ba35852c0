import Lockstep
import Testing
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
}
