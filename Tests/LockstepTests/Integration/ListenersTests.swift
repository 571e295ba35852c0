import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Synchronization
import Testing
import TestModels
import TestSupport

/// Listeners put in place of others while a watcher runs.
@Suite struct ListenersTests {
    @Test func whatAModelComputesMeanwhileIsNotComputedAgain() async throws {
        try await withDatabase { db in
            let slow = Gated()
            let text = Listener(model: slow, on: docs, key: "text")
            try db.setListeners([text])
            try await watching(db) { watcher in
                let documents = (0..<300).map { id -> BSONDocument in
                    ["_id": BSONValue(id), "text": BSONValue("text \(id)"), "title": "ab"]
                }
                try await db[docs].insertMany(documents)
                try await eventually("the model has the first batch") { !slow.entered.isEmpty }
                try db.setListeners([text, Listener(model: TextLength(), on: docs, key: "title")])
                // The session works with the listeners of before as long as the model has its inputs.
                try await throughout(.milliseconds(500), "the call is not given up") {
                    !watcher.hasListenersOfNow
                }
                slow.open()
                try await eventually("the next session has begun") { watcher.hasListenersOfNow }
                try await watcher.waitUntilFresh()
                #expect(try await db.one(299)?[path: "_outputs.title.length"]?.int == 2)
            }
            #expect(slow.entered.count == 300)
            #expect(Set(slow.entered).count == 300)
        }
    }

    @Test func listenersThatChangeWhileASessionIsMadeAreTakenUp() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            let looks = Counter()
            let watched = Mutex<Pipeline?>(nil)
            let context = WatcherContext(
                connection: db.connection, options: WatcherOptions(), identifier: "lockstep",
                threads: db.threads, log: db.log, collections: []
            ) {
                looks.add(1)
                guard looks.value == 1 else {
                    return [Listener(model: TextLength("new"), on: docs, key: "text")]
                }
                // The session that asks has these, and is not there yet to be told of others.
                watched.withLock { $0 }?.reconfigure()
                return [Listener(model: TextLength("old"), on: docs, key: "text")]
            }
            let pipeline = Pipeline(context)
            watched.withLock { $0 = pipeline }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pipeline.run() }
                try await eventually("the new one's output is there") {
                    try await db.one(1)?[path: "_outputs.text.new"]?.int == 3
                }
                pipeline.stop()
                try await group.next()
            }
            watched.withLock { $0 = nil }
        }
    }

    /// Whoever asks then what is parked must not see what is about to be forgotten.
    @Test func theListenersOfNowAreNotAtWorkBeforeWhatOthersHadParkedIsForgotten() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            let listener = Listener(model: model, on: docs, key: "text")
            try await db[docs].insertMany([["_id": 1, "text": "bad"]])
            let (isOther, isAsked) = (Flag(false), Flag(false))
            let gate = DispatchSemaphore(value: 0)
            let context = WatcherContext(
                connection: db.connection, options: WatcherOptions(), identifier: "lockstep",
                threads: db.threads, log: db.log, collections: ["docs"]
            ) {
                guard isOther.value else { return [listener] }
                // The next session is being made.
                isAsked.value = true
                gate.wait()
                gate.signal()
                return []
            }
            let pipeline = Pipeline(context)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pipeline.run() }
                defer {
                    gate.signal()
                    pipeline.stop()
                }
                try await eventually("it is parked") { try await db.failures().count == 1 }
                isOther.value = true
                pipeline.reconfigure()
                try await eventually("the next session is being made") { isAsked.value }
                #expect(!pipeline.hasListenersOfNow)
                gate.signal()
                try await eventually("it is at work") { pipeline.hasListenersOfNow }
                #expect(try await db.failures().isEmpty)
            }
        }
    }

    @Test func listenersThatCannotWorkTogetherChangeNothing() async throws {
        try await withDatabase { db in
            let good = Listener(model: TextLength(), on: docs, key: "text")
            try db.setListeners([good])
            for bad in [
                [good, good], [Listener(model: TextLength(), on: docs, key: "")],
                [Listener(model: TextLength(), on: docs, key: "_outputs.text.nobody", as: "x")],
            ] {
                #expect(throws: LockstepError.self) { try db.setListeners(bad) }
                #expect(db.listeners.map(\.id) == [good.id])
            }
        }
    }

    @Test func onAStandaloneServerTheyAreTakenUpToo() async throws {
        try await withStandaloneDatabase { db in
            try db.setListeners([Listener(model: TextLength(), on: docs, key: "text")])
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc", "title": "ab"]])
                try await watcher.waitUntilFresh()
                try db.setListeners([Listener(model: TextLength(), on: docs, key: "title")])
                try await eventually("the new one's output is there") {
                    try await db.one(1)?[path: "_outputs.title.length"]?.int == 2
                }
            }
        }
    }
}

private final class Flag: Sendable {
    private let state: Mutex<Bool>

    init(_ value: Bool) {
        state = Mutex(value)
    }

    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
