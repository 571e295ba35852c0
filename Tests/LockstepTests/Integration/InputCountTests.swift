import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// Documents without an input are no fresh predictions: they are counted apart, everywhere.
@Suite struct InputCountTests {
    @Test func aKeyThatNoDocumentHasMakesNothingFresh() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "txet"))
            try await db[docs].insertMany((0..<50).map { ["_id": BSONValue($0), "text": "abc"] })
            let report = try await db.audit()[0]
            #expect(report.documents == 0 && report.fresh == 0 && report.withoutInput == 50, "\(report)")
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                try await eventually("they are counted") {
                    let listener = watcher.status().listeners[0]
                    return listener.withoutInput == 50 && listener.documents == 0 && listener.fresh == 0
                }
            }
        }
    }

    @Test func theStatusFollowsDocumentsThatGainAndLoseTheirInput() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db.add(
                Listener(model: TextLength("german"), on: docs, key: "text", where: ["lang": "de"]))
            try await watching(db) { watcher in
                func counts(_ expected: [(documents: Int, withoutInput: Int)]) async throws {
                    try await watcher.waitUntilQuiet()
                    try await eventually("the counts are \(expected)") {
                        let listeners = watcher.status().listeners
                        return zip(listeners, expected).allSatisfy { listener, expected in
                            listener.documents == expected.documents && listener.fresh == expected.documents
                                && listener.withoutInput == expected.withoutInput
                        }
                    }
                }
                try await db[docs].insertMany(
                    (0..<20).map { ["_id": BSONValue($0), "text": "abc", "lang": $0 < 5 ? "de" : "en"] })
                try await counts([(20, 0), (5, 15)])
                try db.update(["_id": 0], ["$unset": ["text": 1]])
                try await counts([(19, 1), (4, 16)])
                try db.update(["_id": 7], ["$set": ["lang": "de"]])
                try await counts([(19, 1), (5, 15)])
                try await db[docs].deleteMany(["lang": "en"])
                try await counts([(5, 1), (5, 1)])
            }
            // What a checkpoint knows is told by the next watcher, too.
            let saved = try #require(try await db.daemon.checkpoint())
            #expect(saved.inputs.count == 2)
        }
    }

    @Test func theServerJudgesInputsInsideOfArraysAsTheScanDoes() async throws {
        try await withDatabase { db in
            let listener = Listener(model: Echo(), on: docs, key: "parts.name")
            try await db.add(listener)
            try await db[docs].insertMany([
                ["_id": 1, "parts": [["name": "a"], ["x": 1]]], ["_id": 2, "parts": [["x": 1]]],
                ["_id": 3, "parts": ["name": .null]], ["_id": 4, "parts": 5], ["_id": 5],
                ["_id": 6, "parts": ["name": "b"]], ["_id": 7, "parts": ["name": .minKey]],
            ])
            let share = try InputShare.counting(listener, db.connection, within: 10_000)
            let report = try await db.audit()[0]
            #expect(share == InputShare(documents: 7, withoutInput: report.withoutInput), "\(report)")
            #expect(report.withoutInput == 3)
        }
    }

    @Test func outputsThatAreRemovedAreNotCountedAsWritten() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<10).map { ["_id": BSONValue($0), "text": "abc"] })
                try await watcher.waitUntilQuiet()
                #expect(watcher.info().outputs == 10 && watcher.info().removed == 0)
                try await db[docs].updateMany(["_id": ["$lt": 4]], ["$unset": ["text": 1]])
                try await watcher.waitUntilQuiet()
                #expect(watcher.info().outputs == 14 && watcher.info().removed == 4)
            }
        }
    }
}
