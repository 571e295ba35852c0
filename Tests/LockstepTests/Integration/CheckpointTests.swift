@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepSinks
@testable import LockstepState
@testable import MongoDriver
import Testing
import TestModels

/// What is saved of a session that has just begun.
@Suite struct CheckpointTests {
    @Test func aSessionWithoutAPositionOfItsOwnKeepsTheSavedOne() async throws {
        try await withDatabase { db in
            let listener = Listener(model: TextLength(), on: docs, key: "text")
            try await db.add(listener)
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            let store = CheckpointStore(connection: db.connection, identifier: "lockstep", term: 99)
            let stored = try store.load()
            let position = try #require(stored.checkpoint?.position)
            // As it is before the stream is open: progress, and no position yet.
            let queue = WorkQueue(listeners: 1, limit: 1 << 20, ownWrites: OwnWrites())
            let plan = StartPlan(
                stored: stored, token: nil, stream: "", listeners: [listener], present: nil,
                forgetsPosition: false)
            let reconciler = Reconciler(
                connection: db.connection, listeners: [listener],
                health: [ListenerHealth(name: "", log: db.log)], queue: queue,
                failures: FailureStore(connection: db.connection), elections: Elections(), plan: plan,
                statistics: Statistics(), inputs: InputCounts(), log: db.log)
            let saver = CheckpointSaver(
                store: store, stream: "", listeners: [listener.signature], queue: queue,
                reconciler: reconciler, elections: Elections(), needsPosition: true,
                statistics: Statistics(), inputs: InputCounts(), audit: AuditRecord())
            try saver.saveIfDue(nil)
            try saver.save()
            #expect(try store.load().checkpoint?.position == position)
        }
    }
}
