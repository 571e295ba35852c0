@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepState
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

@Suite struct FailureTests {
    private func withFragile(
        _ body: (Database, DatabaseWatcher, Fragile) async throws -> Void
    ) async throws {
        try await withDatabase { db in
            let model = Fragile()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in try await body(db, watcher, model) }
        }
    }

    @Test func aRefusedInputIsParkedAndTheRestGoesOn() async throws {
        try await withFragile { db, watcher, model in
            model.become(.refuses("bad"))
            try await db[docs].insertMany(
                (0..<20).map { ["_id": BSONValue($0), "text": $0 == 7 ? "bad" : "good"] })
            try await watcher.waitUntilFresh()
            let failures = try await db.failures()
            #expect(failures.map(\.documentID) == [7])
            #expect(failures.first?.reason == "not this")
            #expect(failures.first?.attempts == 1)
            #expect(failures.first?.listener == "docs/text/fragile")
            let report = try await db.audit()[0]
            #expect(report.fresh == 19)
            #expect(report.failed == 1)
        }
    }

    @Test func theNextChangeOfAParkedDocumentTriesAgain() async throws {
        try await withFragile { db, watcher, model in
            model.become(.refuses("bad"))
            try await db[docs].insertMany([["_id": 1, "text": "good"]])
            try await watcher.waitUntilFresh()
            try db.update(["_id": 1], ["$set": ["text": "bad"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().count == 1)
            // The output of the earlier input does not stay beside the refused one.
            #expect(try await db.one(1)?[path: "_outputs.text.fragile"] == nil)
            let calls = model.calls
            try db.update(["_id": 1], ["$set": ["views": 1]])
            try await watcher.waitUntilFresh()
            #expect(model.calls == calls)
            try db.update(["_id": 1], ["$set": ["text": "better"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().isEmpty)
            #expect(try await db.one(1)?[path: "_outputs.text.fragile"]?.int == 6)
        }
    }

    @Test func retryTriesParkedDocumentsAgain() async throws {
        try await withFragile { db, watcher, model in
            model.become(.refuses("bad"))
            try await db[docs].insertMany([["_id": 1, "text": "bad"], ["_id": 2, "text": "bad"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().count == 2)
            #expect(try await db.retryFailures(document: 1) == 1)
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().count == 2)
            model.become(.works)
            #expect(try await db.retryFailures() == 2)
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().isEmpty)
            #expect(try await db.audit()[0].fresh == 2)
        }
    }

    @Test func aDeletedDocumentLeavesTheParkedOnes() async throws {
        try await withFragile { db, watcher, model in
            model.become(.refuses("bad"))
            try await db[docs].insertMany([["_id": 1, "text": "bad"], ["_id": 2, "text": "bad"]])
            try await watcher.waitUntilFresh()
            try await db[docs].deleteMany(["_id": 1])
            try db.update(["_id": 2], ["$unset": ["text": 1]])
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().isEmpty)
        }
    }

    @Test func anInputThatBreaksTheModelIsParkedAfterThreeAttempts() async throws {
        try await withFragile { db, watcher, model in
            model.become(.breaks(on: "poison"))
            try await db[docs].insertMany(
                (0..<50).map { ["_id": BSONValue($0), "text": $0 == 30 ? "poison" : "ok"] })
            try await watcher.waitUntilFresh()
            let failures = try await db.failures()
            #expect(failures.map(\.documentID) == [30])
            #expect(failures.first?.attempts == 3)
            #expect(failures.first?.reason == "the model broke")
            #expect(try await db.audit()[0].fresh == 49)
        }
    }

    @Test func manyPoisonousInputsAloneAreParkedOnceTheModelIsKnownToWork() async throws {
        try await withFragile { db, watcher, model in
            model.become(.breaks(on: "poison"))
            try await db[docs].insertMany([["_id": "good", "text": "good"]])
            try await watcher.waitUntilFresh()
            try await db[docs].insertMany((0..<8).map { ["_id": BSONValue($0), "text": "poison"] })
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().count == 8)
        }
    }

    @Test func aParkedDocumentDoesNotKeepAForeignOutput() async throws {
        try await withFragile { db, watcher, model in
            model.become(.refuses("bad"))
            try await db[docs].insertMany([["_id": 1, "text": "bad"]])
            try await watcher.waitUntilFresh()
            try db.update(["_id": 1], ["$set": ["_outputs.text.fragile": "junk"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.one(1)?[path: "_outputs.text.fragile"] == nil)
            #expect(try await db.audit()[0].failed == 1)
        }
    }

    @Test func anOutageParksNothing() async throws {
        for behaviour in [Fragile.Behaviour.unavailable, .wrongCount] {
            try await withFragile { db, watcher, model in
                model.become(behaviour)
                try await db[docs].insertMany((0..<50).map { ["_id": BSONValue($0), "text": "ok"] })
                try await eventually("the model was tried several times") {
                    model.calls >= 3
                }
                #expect(try await db.failures().isEmpty)
                model.become(.works)
                try await watcher.waitUntilFresh()
                #expect(try await db.audit()[0].fresh == 50)
                #expect(try await db.failures().isEmpty)
            }
        }
    }

    /// However few inputs there are, and whatever they are: nothing proves that the model works.
    @Test(arguments: [1, 3, 50]) func aModelThatHasNeverAnsweredParksNothing(documents: Int) async throws {
        try await withFragile { db, watcher, model in
            model.become(.wrongCount)
            try await db[docs].insertMany((0..<documents).map { ["_id": BSONValue($0), "text": "ok"] })
            try await eventually("the model was tried several times") { model.calls >= 8 }
            #expect(try await db.failures().isEmpty)
            model.become(.works)
            try await watcher.waitUntilFresh()
            #expect(try await db.audit()[0].fresh == documents)
        }
    }

    @Test func whatBrokeAModelIsTriedAgainWhenItRunsWithSomethingElse() async throws {
        try await withDatabase { db in
            let model = Fragile()
            func listener(_ setup: String) -> Listener {
                Listener(
                    model: AnyModel(model, setup: setup), on: docs, keys: ["text"], as: nil, where: nil)
            }
            try await db[docs].insertMany((0..<9).map { ["_id": BSONValue($0), "text": "good"] })
            try db.setListeners([listener("timeout 60 s")])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                model.become(.breaks(on: "slow"))
                try await db[docs].insertMany([["_id": "slow", "text": "slow"]])
                try await watcher.waitUntilFresh()
                model.become(.refuses("bad"))
                try await db[docs].insertMany([["_id": "bad", "text": "bad"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().map(\.documentID) == ["bad", "slow"])
            }
            let calls = model.calls
            // A restart alone costs no call.
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(model.calls == calls)
            try db.setListeners([listener("timeout 5 m")])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().map(\.documentID) == ["bad"])
                #expect(try await db.one("slow")?[path: "_outputs.text.fragile"]?.int == 4)
            }
            // What the model refused is not asked for again.
            #expect(model.calls == calls + 1)
        }
    }

    @Test func parkedDocumentsSurviveARestartAndCostNoCall() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": "bad"]])
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            let calls = model.calls
            try await watching(db, options: WatcherOptions(identifier: "another")) { watcher in
                try await watcher.waitUntilFresh()
            }
            #expect(model.calls == calls)
            #expect(try await db.failures().count == 1)
            try await db.retryFailures()
            model.become(.works)
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.failures().isEmpty)
        }
    }

    @Test func anInputOfTheWrongTypeIsParkedWithTheReason() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db[docs].insertMany([["_id": 1, "text": 5]])
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(
                try await db.failures().first?.reason
                    == "the model takes a string, the document has a value of type int")
        }
    }

    @Test func anOutputThatMakesTheDocumentTooLargeIsParked() async throws {
        try await withDatabase { db in
            let model = ClosureModel("large") { (texts: [String]) in
                texts.map { _ in String(repeating: "x", count: 9 << 20) }
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([
                    ["_id": 1, "text": "a", "ballast": BSONValue(String(repeating: "y", count: 9 << 20))],
                    ["_id": 2, "text": "b"],
                ])
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().map(\.documentID) == [1])
                #expect(try await db.one(2)?[path: "_outputs.text.large"] != nil)
            }
        }
    }

    /// The server ends the connection of a command that is larger than any document.
    @Test func anOutputThatNoDocumentHoldsIsParkedAndItsNeighboursAreStored() async throws {
        try await withDatabase { db in
            let model = ClosureModel("large") { (texts: [String]) in
                texts.map { String(repeating: "x", count: Int($0) ?? 0) }
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                let sizes = [15 << 20, 1, 17 << 20, (16 << 20) + 10_000, 33 << 20, 2]
                try await db[docs].insertMany(
                    sizes.enumerated().map { ["_id": BSONValue($0), "text": BSONValue("\($1)")] })
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().map(\.documentID) == [2, 3, 4])
                for (id, size) in sizes.enumerated() where size < 16 << 20 {
                    let output = try await db.one(BSONValue(id))?[path: "_outputs.text.large"]
                    #expect(output?.string?.utf8.count == size)
                }
            }
        }
    }

    @Test func whatWasParkedOfAListenerThatWentAndCameBackIsParkedAgain() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            let listener = Listener(model: model, on: docs, key: "text")
            try await db.add(listener)
            try await db[docs].insertMany([["_id": 1, "text": "bad"]])
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.failures().count == 1)
            // A start without it that is killed before it has saved anything.
            let connection = db.connection
            let store = CheckpointStore(connection: connection, identifier: "lockstep", term: 99)
            try store.forget(listeners: [listener.id])
            try FailureStore(connection: connection).forget(listeners: [listener.id])
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.failures().count == 1)
        }
    }
}
