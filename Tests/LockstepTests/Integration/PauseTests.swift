@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepState
import Logging
@testable import MongoBSON
@testable import MongoDriver
import Synchronization
import Testing
import TestModels
import TestSupport

/// Pausing a listener, resuming it, and scanning its documents on demand.
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
                    try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time! } ?? false
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
                #expect(try await db.orders.setPaused(id, true, by: "somebody@elsewhere") == nil)
                try await eventually("it is paused") { watcher.status().listeners[0].state == .paused }
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await eventually("the change is read") { watcher.info().inserts == 1 }
                #expect(model.inputs.isEmpty)
                #expect(try await db.orders.setPaused(id, false, by: nil)?.by == "somebody@elsewhere")
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
                // The removal of a provenance, so that the scan finds what others changed, counts as one more.
                try await eventually("they are read") { watcher.info().updates >= 3 }
                try await watcher.resume(listener: id)
                try await watcher.waitUntilQuiet()
                #expect(try await db.output("text.length", of: 1) == 6)
                #expect(try await db.output("text.length", of: 2) == nil)
                #expect(try await db.output("text.length", of: 3) == 3)
                #expect(model.inputs.filter { $0 == "longer" }.count == 1)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 9 && $0.withoutInput == 1 })
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

    /// A person resumes, or pauses, while a session is made that has read what is stored already.
    @Test(arguments: [true, false])
    func whatAPersonWantsWhileASessionIsMadeIsNotLost(isPausedBefore: Bool) async throws {
        try await withDatabase { db in
            let watched = Mutex<DatabaseWatcher?>(nil)
            let orders = Mutex<[Task<Void, any Error>]>([])
            let times = Counter()
            let other = "docs/text/other"
            let store = PauseStore(connection: db.connection)
            // The one of the two listeners that is paused throughout has the session say so as it reads the pauses.
            let log = LineHook("\(other): paused") { [id] in
                times.add(1)
                guard times.value == 2, let watcher = watched.withLock({ $0 }) else { return }
                orders.withLock { orders in
                    orders.append(
                        Task {
                            if isPausedBefore {
                                try await watcher.resume(listener: id)
                            } else {
                                try await watcher.pause(listener: id)
                            }
                        })
                }
                while (try? store.entries()[id]?.isPaused ?? false) == isPausedBefore {
                    blockThread(seconds: 0.005)
                }
            }
            let hooked = try await Database.connect(
                try TestServer.uri(), database: db.name, log: Logger(label: "lockstep") { _ in log })
            try await hooked.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await hooked.add(Listener(model: TextLength("other"), on: docs, key: "text"))
            try store.set(other, paused: true, by: nil)
            if isPausedBefore { try store.set(id, paused: true, by: nil) }
            try await watching(hooked) { watcher in
                watched.withLock { $0 = watcher }
                try await hooked.add(Listener(model: TextLength("third"), on: docs, key: "text"))
                try await eventually("the second session reads the pauses") { times.value == 2 }
                try await eventually("it is told") { orders.withLock { $0.count } == 1 }
                for order in orders.withLock({ $0 }) { try await order.value }
                try await eventually("the next session has begun") { watcher.hasListenersOfNow }
                try await eventually("it is as the person wants it") {
                    watcher.status().listeners[0].state == (isPausedBefore ? .ok : .paused)
                }
                #expect(watcher.status().listeners[1].state == .paused)
            }
        }
    }
}

/// Does something whenever a line is logged that holds a text.
private struct LineHook: LogHandler {
    let text: String
    let body: @Sendable () -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    init(_ text: String, _ body: @Sendable @escaping () -> Void) {
        (self.text, self.body) = (text, body)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if "\(event.message)".contains(text) { body() }
    }
}
