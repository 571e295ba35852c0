import CoreMetrics
import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import MetricsTestKit
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// What a watcher says of itself, and what swift-metrics hears.
@Suite struct StatusTests {
    @Test func theStatusCountsDocumentsByTheirState() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    (0..<30).map { ["_id": BSONValue($0), "text": $0 == 7 ? "bad" : "good"] })
                try await watcher.waitUntilQuiet()
                try await eventually("they are counted") {
                    let listener = watcher.status().listeners.first
                    return listener?.fresh == 29 && listener?.failed == 1 && listener?.documents == 30
                }
                let status = watcher.status()
                #expect(status.state == .following && status.fault == nil)
                #expect(status.info.inserts == 30 && status.info.parked == 1)
                let listener = try #require(status.listeners.first)
                #expect(listener.id == "docs/text/fragile" && listener.output == "_outputs.text.fragile")
                #expect(listener.state == .ok && listener.unchecked == 0 && listener.look == nil)
                #expect(listener.modelSeconds != nil && listener.outputs >= 29)
                try await eventually("the lag is small") { watcher.status().lag.map { $0 < 1 } ?? false }
            }
            // As they are.
            #expect(try await db.audit().map(\.fresh) == [29])
        }
    }

    @Test func whileTheModelIsOutTheReasonAndWhatWaitsAreTold() async throws {
        try await withDatabase { db in
            let model = Fragile()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 0, "text": "old"]])
                try await watcher.waitUntilQuiet()
                model.become(.unavailable)
                try await db[docs].insertMany((1..<20).map { ["_id": BSONValue($0), "text": "new"] })
                try db.update(["_id": 0], ["$set": ["text": "changed"]])
                try await eventually("it is out") {
                    let listener = watcher.status().listeners[0]
                    return listener.state == .out && listener.missing == 19 && listener.stale == 1
                }
                let status = watcher.status()
                #expect(status.listeners[0].reason?.contains("connection refused") == true)
                #expect(status.listeners[0].outSince != nil && status.listeners[0].fresh == 0)
                #expect(status.lag ?? 0 > 0 && status.queue.documents == 20)
                model.become(.works)
                try await watcher.waitUntilQuiet()
                try await eventually("all are fresh") { watcher.status().listeners[0].fresh == 20 }
                let after = watcher.status().listeners[0]
                #expect(after.state == .ok && after.missing == 0 && after.stale == 0)
                #expect(watcher.status().info.retries > 0)
            }
        }
    }

    @Test func aNewVersionIsWatchedUntilAllIsFreshAgain() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<3000).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilQuiet()
            }
            let upgraded = try await Database.connect(try TestServer.uri(), database: db.name)
            let model = Gated()
            try await upgraded.add(Listener(model: TextLength(version: "2"), on: docs, key: "text"))
            try await upgraded.add(Listener(model: model, on: docs, key: "text"))
            try await watching(upgraded) { watcher in
                try await eventually("it is scanned") {
                    let listeners = watcher.status().listeners
                    return watcher.status().state == .backfilling && listeners.count == 2
                        && listeners[1].look != nil && listeners[1].missing > 0
                }
                model.open()
                try await watcher.waitUntilQuiet()
                try await eventually("all is fresh") {
                    watcher.status().listeners.map(\.fresh) == [3000, 3000]
                }
                #expect(watcher.status().state == .following)
            }
        }
    }

    @Test func recentChangesTellWhatBecameOfDocuments() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                // What a scan finds has no event.
                try await watcher.waitUntilQuiet()
                try await db[docs].insertMany([["_id": 1, "text": "good"]])
                try await watcher.waitUntilQuiet()
                let stored = try #require(watcher.recentChanges().changes.last)
                #expect(stored.documentID == 1 && stored.outcome == .stored && stored.latency != nil)
                try await db[docs].insertMany([["_id": 2, "text": "bad"]])
                try await watcher.waitUntilQuiet()
                let parked = try #require(watcher.recentChanges(after: stored.number).changes.first)
                #expect(parked.documentID == 2 && parked.outcome == .parked)
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await watcher.waitUntilQuiet()
                #expect(watcher.recentChanges().changes.last?.outcome == .removed)
                #expect(watcher.recentChanges().count >= 3)
            }
        }
    }

    @Test func swiftMetricsHearsWhatIsDone() async throws {
        try await withDatabase { db in
            let metrics = TestMetrics()
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(metrics: metrics)) { watcher in
                // What a scan finds has no event, and so no latency.
                try await watcher.waitUntilQuiet()
                try await db[docs].insertMany([["_id": 1, "text": "good"], ["_id": 2, "text": "bad"]])
                try await watcher.waitUntilQuiet()
                try db.update(["_id": 1], ["$set": ["text": "better"]])
                try await watcher.waitUntilQuiet()
                func counter(_ name: String, _ label: String, _ value: String) throws -> Int64 {
                    try metrics.expectCounter("lockstep_" + name, [(label, value)]).totalValue
                }
                let id = "docs/text/fragile"
                #expect(try counter("events_total", "operation", "insert") == 2)
                #expect(try counter("events_total", "operation", "update") == 1)
                #expect(try counter("model_inputs_total", "model", "fragile") == 3)
                #expect(try counter("documents_parked_total", "listener", id) == 1)
                #expect(try counter("outputs_written_total", "listener", id) >= 2)
                let latencies = try metrics.expectTimer("lockstep_change_latency_seconds", [("listener", id)])
                #expect(latencies.values.count >= 2)
                try await eventually("the gauges are told") {
                    let fresh = try? metrics.expectGauge(
                        "lockstep_listener_documents", [("listener", id), ("state", "fresh")])
                    return fresh?.lastValue == 1
                }
            }
        }
    }

    /// Each call ends, none succeeds, and none is over soon.
    @Test func aModelThatFailsEachCallIsUnavailableLongBeforeAnOutageIsProven() async throws {
        try await withDatabase { db in
            let model = Dying()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                try await db[docs].insertMany((0..<64).map { ["_id": BSONValue($0), "text": "abc"] })
                try await eventually("it is told") { watcher.status().listeners[0].state == .out }
                #expect(watcher.status().listeners[0].reason?.contains("it died") == true)
                // The first round is under way still: nothing has been given back or parked.
                #expect(watcher.status().info.parked == 0 && model.failures < 7)
                model.recover()
                try await watcher.waitUntilQuiet()
                try await eventually("it works") {
                    watcher.status().listeners[0].state == .ok && watcher.status().listeners[0].fresh == 64
                }
            }
        }
    }

    @Test func everyKindOfRetryIsCounted() async throws {
        try await withDatabase { db in
            let model = Fragile()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                func retries(_ what: String, _ body: () async throws -> Void) async throws -> Int {
                    let before = watcher.info().retries
                    try await body()
                    try await eventually(what) { watcher.info().retries > before }
                    try await watcher.waitUntilQuiet()
                    return watcher.info().retries - before
                }
                let halved = try await retries("a batch is halved") {
                    model.become(.breaks(on: "bad"))
                    try await db[docs].insertMany(
                        (0..<10).map { ["_id": BSONValue($0), "text": $0 == 3 ? "bad" : "good"] })
                }
                // In halves: 10, 5 and 3 or 2; then the culprit twice more.
                #expect(halved >= 17 && halved < 30)
                let asked = try await retries("a person asks") {
                    model.become(.works)
                    let count = try await db.retryFailures()
                    #expect(count == 1)
                }
                #expect(asked == 1)
                let unavailable = try await retries("the model is unavailable") {
                    model.become(.unavailable)
                    try await db[docs].insertMany([["_id": 10, "text": "good"]])
                    try await eventually("it was tried") { watcher.status().listeners[0].state == .out }
                    model.become(.works)
                }
                #expect(unavailable >= 1)
            }
        }
    }
}
