import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Writes that no change stream shows are found by the periodic audit.
@Suite struct PeriodicAuditTests {
    private let options = WatcherOptions(auditEvery: .milliseconds(500))

    @Test func whatAnAtomicApplyOpsWroteBecomesFresh() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany((0..<5).map { ["_id": BSONValue($0), "text": "abc"] })
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilQuiet()
                let namespace = BSONValue("\(db.name).docs")
                try db.command([
                    "applyOps": [
                        ["op": "i", "ns": namespace, "o": ["_id": 9, "text": "inserted"]],
                        [
                            "op": "u", "ns": namespace, "o2": ["_id": 1],
                            "o": ["$v": 2, "diff": ["u": ["text": "longer"]]],
                        ],
                        [
                            "op": "u", "ns": namespace, "o2": ["_id": 2],
                            "o": ["$v": 2, "diff": ["d": ["text": false]]],
                        ],
                    ]
                ])
                try await eventually("the audit finds them") {
                    let outputs = [
                        try await db.output("text.length", of: 9), try await db.output("text.length", of: 1),
                        try await db.output("text.length", of: 2),
                    ]
                    return outputs == [8, 6, nil]
                }
                try await eventually("they are told") { watcher.status().audit?.found == 3 }
                #expect(model.inputs.suffix(2).sorted() == ["inserted", "longer"])
                // No change of the stream: nothing waits for it, and nothing is counted as one.
                try await watcher.waitUntilFresh()
            }
            #expect(try await db.audit()[0].isFresh)
            #expect(try await db.daemon.checkpoint()?.audit != nil)
        }
    }

    @Test func whatChangesAllTheTimeIsNotTakenForHidden() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db, options: options) { watcher in
                try await db[docs].insertMany((0..<50).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilQuiet()
                let began = watcher.status().audit?.completed ?? 0
                var round = 0
                try await eventually("a round is through") {
                    round += 1
                    try db.update(
                        [:], ["$set": ["text": BSONValue(String(repeating: "x", count: round % 50))]])
                    return watcher.status().audit?.completed ?? 0 > began + 500
                }
                try await watcher.waitUntilQuiet()
                #expect(watcher.status().audit?.found == 0)
            }
        }
    }

    @Test func whatIsParkedStaysParkedAndCostsNoCall() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": "bad"], ["_id": 2, "text": "good"]])
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilQuiet()
                let calls = model.calls
                let began = currentMilliseconds()
                try await eventually("two rounds are through") {
                    watcher.status().audit?.completed ?? 0 > began + 1000
                }
                #expect(model.calls == calls && watcher.status().audit?.found == 0)
            }
            #expect(try await db.failures().count == 1)
        }
    }

    @Test func withoutItNothingIsAuditedAndOnAStandaloneServerThereIsNone() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(auditEvery: nil)) { watcher in
                try await watcher.waitUntilFresh()
                #expect(watcher.status().audit == nil)
            }
        }
        try await withStandaloneDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db, options: options) { watcher in
                #expect(watcher.status().audit == nil)
            }
        }
    }
}
