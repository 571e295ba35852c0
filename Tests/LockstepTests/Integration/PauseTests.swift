import Lockstep
import Testing
import TestSupport

/// Pausing a listener, resuming it, and looking through its documents on demand.
@Suite struct PauseTests {
    private let id = "docs/text/length"

    @Test func aPausedListenerIsNotCalledAndHoldsUpNobody() async throws {
        try await withDatabase { db in
            let (paused, works) = (TextLength(), TextLength("other"))
            try await db.add(Listener(model: paused, on: docs, key: "text"))
            try await db.add(Listener(model: works, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                try await watcher.pause(listener: id)
                try await db[docs].insertMany((0..<200).map { ["_id": BSONValue($0), "text": "abc"] })
                let time = try await watcher.operationTime()
                try await eventually("the other goes on") { works.inputs.count == 200 }
                // Nothing that waits for the paused one keeps the position.
                try await eventually("the position passes") {
                    try await db.checkpoint()?.position.map { $0.clusterTime >= time! } ?? false
                }
                #expect(paused.inputs.isEmpty)
                let status = watcher.status().listeners[0]
                #expect(status.state == .paused)
                await #expect(throws: LockstepError.self) {
                    try await watcher.waitUntilFresh(timeout: .milliseconds(200))
                }
                try await watcher.resume(listener: id)
                try await watcher.waitUntilQuiet()
                #expect(paused.inputs.count == 200)
                #expect(watcher.status().listeners[0].state == .ok)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 200 })
        }
    }

    @Test func aPauseOutlivesARestart() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.pause(listener: id)
            }
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            try await watching(db) { watcher in
                #expect(watcher.status().listeners[0].state == .paused)
                try await db[docs].insertMany([["_id": 2, "text": "abc"]])
                try await eventually("the changes are read") { watcher.info().inserts == 2 }
                #expect(model.inputs.isEmpty)
                try await watcher.resume(listener: id)
                try await watcher.waitUntilQuiet()
                #expect(model.inputs.count == 2)
            }
            try await watching(db) { watcher in
                #expect(watcher.status().listeners[0].state == .ok)
            }
        }
    }

    @Test func aPauseThatAnotherProcessStoresIsTakenUp() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(try await db.setPaused(id, true, by: "somebody@elsewhere") == nil)
                try await eventually("it is paused") { watcher.status().listeners[0].state == .paused }
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await eventually("the change is read") { watcher.info().inserts == 1 }
                #expect(model.inputs.isEmpty)
                #expect(try await db.setPaused(id, false, by: nil)?.by == "somebody@elsewhere")
                try await watcher.waitUntilQuiet()
                try await eventually("it is predicted") { model.inputs == ["abc"] }
            }
        }
    }

    @Test func anEntryOfAnEarlierVersionIsAPause() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db["lockstep.pauses"].insertMany([["_id": BSONValue(id), "at": 1]])
            try await watching(db) { watcher in
                #expect(watcher.status().listeners[0].state == .paused)
                try await watcher.resume(listener: id)
                try await eventually("it goes on") { watcher.status().listeners[0].state == .ok }
            }
        }
    }

    @Test func changesMadeWhileItIsPausedAndRemovedInputsAreRightAfterwards() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<10).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilQuiet()
                try await watcher.pause(listener: id)
                try db.update(["_id": 1], ["$set": ["text": "longer"]])
                try db.update(["_id": 2], ["$unset": ["text": 1]])
                try db.update(["_id": 3], ["$set": ["_outputs.text.length": 99]])
                try await eventually("they are read") { watcher.info().updates == 3 }
                try await watcher.resume(listener: id)
                try await watcher.waitUntilQuiet()
                #expect(try await db.output("text.length", of: 1) == 6)
                #expect(try await db.output("text.length", of: 2) == nil)
                #expect(try await db.output("text.length", of: 3) == 3)
                #expect(model.inputs.filter { $0 == "longer" }.count == 1)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 10 })
        }
    }

    @Test func allDocumentsAreLookedThroughOnRequest() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            // What this hides from the stream is found by a look alone.
            let hidden: BSONDocument = ["$match": ["operationType": ["$ne": "update"]]]
            try await watching(db, options: WatcherOptions(pipeline: [hidden])) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await watcher.waitUntilQuiet()
                try db.update(["_id": 1], ["$set": ["text": "changed"]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.output("text.length", of: 1) == 3)
                try await watcher.reconcile(listener: id)
                try await eventually("it is found") { try await db.output("text.length", of: 1) == 7 }
                await #expect(throws: LockstepError.noListener("docs/none/length")) {
                    try await watcher.reconcile(listener: "docs/none/length")
                }
            }
        }
    }
}
