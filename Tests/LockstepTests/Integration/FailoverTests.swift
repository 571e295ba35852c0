import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import LockstepState
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Elections, rollbacks and outages of a replica set of three.
@Suite(.serialized) struct FailoverTests {
    /// A database of a test's own on a set that is well; afterwards its positions are judged.
    private func withCluster(
        _ body: (Cluster, Database, LogLines) async throws -> Void
    ) async throws {
        let cluster = try await Cluster.shared.value
        try await cluster.heal()
        let lines = LogLines()
        let name = "t\(UUID().uuidString.prefix(12))"
        let db = try await retrying {
            try await Database.connect(cluster.uri, database: name, log: lines.logger)
        }
        do {
            try await body(cluster, db, lines)
        } catch {
            try? await cluster.heal()
            throw error
        }
        try await cluster.heal()
        let saved = try await cluster.savedPositions(of: db)
        #expect(!saved.isEmpty)
        for (earlier, later) in zip(saved, saved.dropFirst()) {
            #expect(earlier.position <= later.position, "a position moved backwards")
        }
        for entry in saved { #expect(entry.position < entry.at, "a position is ahead of its own saving") }
        try await retrying { _ = try db.command(["dropDatabase": 1]) }
    }

    private func insert(_ db: Database, _ range: Range<Int>, text: String = "abc") async throws {
        // A set that is between two primaries may have taken it already.
        try await retrying {
            for id in range {
                try db.update(
                    ["_id": BSONValue(id)], ["$set": ["text": BSONValue(text)]], upsert: true)
            }
        }
    }

    private func expectFresh(_ db: Database, _ count: Int) async throws {
        let report = try await retrying { try await db.audit()[0] }
        #expect(report.documents == count && report.fresh == count, "\(report)")
    }

    @Test func aStepdownWhileDocumentsArePredictedLosesNothing() async throws {
        try await withCluster { cluster, db, _ in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await insert(db, 0..<50)
                try await eventually("the model computes") { !model.entered.isEmpty }
                let before = try await cluster.primary()
                _ = try await blocking.run {
                    try cluster.run(
                        ["replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5, "force": true], on: before)
                }
                #expect(try await cluster.primary() != before)
                model.open()
                try await insert(db, 50..<60)
                try await retrying { try await watcher.waitUntilFresh() }
                try await expectFresh(db, 60)
            }
        }
    }

    @Test func aPrimaryThatIsKilledAndComesBackLosesNothing() async throws {
        try await withCluster { cluster, db, _ in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await insert(db, 0..<20)
                try await eventually("the model computes") { !model.entered.isEmpty }
                let before = try await cluster.primary()
                let others = try await cluster.secondaries()
                try await blocking.run { cluster.members[before].kill() }
                model.open()
                try await cluster.stepUp(others[0])
                try await insert(db, 10..<30, text: "changed")
                try await retrying { try await watcher.waitUntilFresh() }
                try await expectFresh(db, 30)
                try await cluster.heal()
                try await insert(db, 30..<40)
                try await retrying { try await watcher.waitUntilFresh() }
                try await expectFresh(db, 40)
                #expect(try await db.one(15)?[path: "_outputs.text.gated"]?.int == 7)
            }
        }
    }

    @Test func aPrimaryThatStandsStillAndWakesUpDoesNoHarm() async throws {
        try await withCluster { cluster, db, _ in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await insert(db, 0..<20)
                try await retrying { try await watcher.waitUntilFresh() }
                let before = try await cluster.primary()
                cluster.members[before].pause()
                // Nobody is asked: the others notice.
                try await eventually("the others elect one") { try await cluster.primary() != before }
                try await insert(db, 10..<30, text: "changed")
                try await eventually("it goes on with the new one", timeout: .seconds(60)) {
                    model.inputs.contains("changed")
                }
                cluster.members[before].resume()
                try await insert(db, 30..<40)
                try await retrying { try await watcher.waitUntilFresh() }
                try await expectFresh(db, 40)
                #expect(try await db.one(15)?[path: "_outputs.text.length"]?.int == 7)
            }
        }
    }

    @Test func aSecondaryThatLagsHoldsNothingUp() async throws {
        try await withCluster { cluster, db, lines in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                let one = try await cluster.secondaries()[0]
                cluster.members[one].pause()
                try await insert(db, 0..<20)
                try await watcher.waitUntilFresh()
                // Positions are saved, too.
                try await db.waitForDaemon(timeout: .seconds(60))
                try await expectFresh(db, 20)
                cluster.members[one].resume()
            }
            #expect(lines.all.isEmpty, "\(lines.all)")
        }
    }

    // The document is set to "bb", which is a change for the model. Before it is looked at, the primary, alone now, takes
    // it back to "a": what stands there is fresh, and there is nothing to write. Then the set elects another one, which
    // never heard of that.
    @Test func whatWasFoundFreshOnAPrimaryThatIsRolledBackIsLookedAtAgain() async throws {
        try await withCluster { cluster, db, lines in
            let gate = Gated()
            let model = ClosureModel("length") { (texts: [String]) in
                if texts.contains("bb"), gate.entered.isEmpty {
                    _ = try await gate.predict(texts)
                    throw ModelError.unavailable("later")
                }
                return texts.map(\.count)
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await insert(db, 1..<2, text: "a")
                try await watcher.waitUntilFresh()
                try await insert(db, 1..<2, text: "bb")
                try await eventually("the change is seen") { gate.entered == ["bb"] }
                // Somebody waits for the position, so that it is saved as soon as it may be.
                try WaitStore(connection: db.connection).add(.objectID())
                let time = try #require(try db.connection.operationTime())
                try await eventually("that is seen") {
                    try await cluster.reads(watcher, upTo: time, in: db)
                }
                let (alone, others) = (try await cluster.primary(), try await cluster.secondaries())
                for other in others { try await cluster.holdBack(other) }
                let checkpoint = {
                    try cluster.one("lockstep", in: "lockstep.checkpoints", of: db, on: alone)
                }
                let before = try checkpoint()
                try cluster.run(
                    [
                        "update": "docs",
                        "updates": [["q": ["_id": 1], "u": ["$set": ["text": "a"]]]],
                        "writeConcern": ["w": 1],
                    ], on: alone, database: db.name)
                let fresh = watcher.info().alreadyFresh
                gate.open()
                try await eventually("it is fresh as it stands there") { watcher.info().alreadyFresh > fresh }
                try await eventually("the position is about to be saved") {
                    let now = try checkpoint()
                    return now?["barrier"] != before?["barrier"] || now?["token"] != before?["token"]
                }
                #expect(try checkpoint()?["token"] == before?["token"], "saved before a majority has it")
                lines.clear()
                // Held back last, it lacks no more than the other, which votes for it.
                try await cluster.stepUp(others[1])
                for other in others { try await cluster.release(other) }
                try await cluster.heal()
                try await retrying { try await watcher.waitUntilFresh() }
                let document = try await retrying { try await db.one(1) }
                #expect(document?["text"] == "bb")
                #expect(document?[path: "_outputs.text.length"]?.int == 2)
                #expect(lines.containing("there was an election").count >= 1, "\(lines.all)")
            }
        }
    }

    @Test func outputsThatAreRolledBackAreStoredAgainAndThoseOfLostDocumentsAreNot() async throws {
        try await withCluster { cluster, db, _ in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await insert(db, 1..<4)
                try await eventually("the model computes") { !model.entered.isEmpty }
                let (alone, others) = (try await cluster.primary(), try await cluster.secondaries())
                for other in others { try await cluster.holdBack(other) }
                // Known to the old primary alone: a document, a change, a deletion.
                let concern: BSONValue = ["w": 1]
                try cluster.run(
                    [
                        "insert": "docs", "documents": [["_id": 9, "text": "lost"]], "writeConcern": concern,
                    ], on: alone, database: db.name)
                try cluster.run(
                    [
                        "update": "docs", "updates": [["q": ["_id": 2], "u": ["$set": ["text": "lost"]]]],
                        "writeConcern": concern,
                    ], on: alone, database: db.name)
                try cluster.run(
                    [
                        "delete": "docs", "deletes": [["q": ["_id": 3], "limit": 1]], "writeConcern": concern,
                    ], on: alone, database: db.name)
                model.open()
                try await eventually("the output is stored there") {
                    try cluster.one(1, in: "docs", of: db, on: alone)?[path: "_outputs.text.gated"]?.int == 3
                }
                // Held back last, it lacks no more than the other, which votes for it.
                try await cluster.stepUp(others[1])
                for other in others { try await cluster.release(other) }
                try await cluster.heal()
                try await retrying { try await watcher.waitUntilFresh() }
                try await expectFresh(db, 3)
                #expect(try await db.one(9) == nil)
                for id in 1...3 {
                    #expect(try await db.one(BSONValue(id))?[path: "_outputs.text.gated"]?.int == 3)
                }
            }
        }
    }

    @Test func withoutAMajorityNoPositionIsSavedAndNothingIsLost() async throws {
        try await withCluster { cluster, db, lines in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await insert(db, 0..<20)
                try await eventually("the model computes") { !model.entered.isEmpty }
                let (alone, others) = (try await cluster.primary(), try await cluster.secondaries())
                lines.clear()
                try await blocking.run { for other in others { cluster.members[other].kill() } }
                let saved = {
                    try cluster.one("lockstep", in: "lockstep.checkpoints", of: db, on: alone)?["token"]
                }
                let before = try saved()
                model.open()
                try cluster.run(
                    [
                        "insert": "docs", "documents": [["_id": 99, "text": "perhaps lost"]],
                        "writeConcern": ["w": 1],
                    ], on: alone, database: db.name)
                try await throughout(
                    .seconds(10), "no position is saved in an outage", every: .milliseconds(200)
                ) {
                    try saved() == before
                }
                #expect((1...10).contains(lines.all.count), "\(lines.all)")
                try await cluster.heal()
                try await retrying { try await watcher.waitUntilFresh() }
                try await insert(db, 20..<30)
                try await retrying { try await watcher.waitUntilFresh() }
                let report = try await retrying { try await db.audit()[0] }
                #expect(report.fresh == report.documents && report.documents >= 30, "\(report)")
                #expect((2...20).contains(lines.all.count), "\(lines.all)")
            }
        }
    }
}

extension Cluster {
    /// The watcher has read that far.
    func reads(
        _ watcher: DatabaseWatcher, upTo time: BSONTimestamp, in db: Database
    ) async throws -> Bool {
        watcher.lastReadToken.map { Position(token: $0).clusterTime >= time } ?? false
    }
}
