@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Synchronization
import Testing
import TestModels
import TestSupport

/// Each mechanism that a guarantee rests on, with a test that fails without it: `scripts/check-mechanisms` takes them
/// out one by one. What must never be stored is looked for in the history of the collection, since in the end
/// everything is repaired.
@Suite struct GuaranteeTests {
    // MARK: Nothing stale is written

    /// What is stored for a document whose text is "slow" and that is changed while the model computes.
    private func outputsStored(
        collation: BSONValue? = nil, where filter: BSONDocument? = nil, _ change: (Database) throws -> Void
    ) async throws -> [BSONValue] {
        var stored: [BSONValue] = []
        try await withDatabase { db in
            if let collation { try db.command(["create": "docs", "collation": collation]) }
            let model = SlowEcho()
            try await db.add(Listener(model: model, on: docs, key: "text", where: filter))
            let start = try #require(try db.connection.operationTime())
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "slow", "lang": "en"]])
                try await eventually("the model has the input") { model.inputs == ["slow"] }
                try change(db)
                model.open()
                try await watcher.waitUntilQuiet()
            }
            stored = try await db.everStored(1, at: "_outputs.text.slow.of", since: start)
            #expect(try await db.audit().allSatisfy { $0.fresh == $0.documents })
        }
        return stored
    }

    @Test func noOutputIsEverStoredBesideAnotherInput() async throws {
        let stored = try await outputsStored { try $0.update(["_id": 1], ["$set": ["text": "new"]]) }
        #expect(stored == ["new"])
        let gone = try await outputsStored { try $0.update(["_id": 1], ["$unset": ["text": 1]]) }
        #expect(gone == [])
    }

    @Test func noOutputIsEverStoredBesideAnInputThatTheCollationHoldsEqual() async throws {
        let stored = try await outputsStored(collation: ["locale": "en", "strength": 1]) {
            try $0.update(["_id": 1], ["$set": ["text": "SLOW"]])
        }
        #expect(stored == ["SLOW"])
    }

    @Test func noOutputIsEverStoredWhereTheFilterDoesNotMatch() async throws {
        let stored = try await outputsStored(where: ["lang": "en"]) {
            try $0.update(["_id": 1], ["$set": ["lang": "de"]])
        }
        #expect(stored == [])
    }

    @Test func aDocumentThatIsDeletedWhileItIsPredictedDoesNotComeBack() async throws {
        let stored = try await outputsStored {
            try $0.command(["delete": "docs", "deletes": [["q": ["_id": 1], "limit": 1]]])
        }
        #expect(stored == [])
    }

    @Test func anInputThatComesBackBeforeItsOutputIsRemovedKeepsIt() async throws {
        try await withDatabase { db in
            let model = SlowEcho()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await watcher.waitUntilFresh()
            }
            try db.update(["_id": 1], ["$unset": ["text": 1]])
            try await db[docs].insertMany([["_id": 2, "text": "slow"]])
            // A scan brings both in one round: it removes nothing before the model has answered.
            try await watching(db, options: WatcherOptions(identifier: "another")) { watcher in
                try await eventually("the model has the other input") { model.inputs == ["a", "slow"] }
                try db.update(["_id": 1], ["$set": ["text": "a"]])
                model.open()
                try await watcher.waitUntilQuiet()
            }
            #expect(model.inputs == ["a", "slow"])
            #expect(try await db.audit()[0].fresh == 2)
        }
    }

    // MARK: Changes of one document are united

    @Test func aChangeOnTopOfADamagedOutputDoesNotHideTheDamage() async throws {
        try await withDatabase { db in
            let model = SlowEcho(concurrency: 1)
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await watcher.waitUntilFresh()
                try await db[docs].insertMany([["_id": 2, "text": "slow"]])
                try await eventually("the only lane is busy") { model.inputs.last == "slow" }
                try db.update(["_id": 1], ["$set": ["_outputs.text.slow": "junk"]])
                // The input ends up as it was: only the first of the changes tells of the damage.
                try db.update(["_id": 1], ["$set": ["text": "b"]])
                try db.update(["_id": 1], ["$set": ["text": "a"]])
                try await watcher.waitUntilRead(db)
                model.open()
                try await watcher.waitUntilQuiet()
                #expect(try await db.one(1)?[path: "_outputs.text.slow.of"] == "a")
            }
        }
    }

    // MARK: Nothing missed

    @Test func whatWasInHandWhenAWatcherEndedIsDoneByTheNext() async throws {
        try await withDatabase { db in
            let model = SlowEcho()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(drainTimeout: .milliseconds(10))) { watcher in
                try await watcher.waitUntilFresh()
                try await db[docs].insertMany([["_id": 1, "text": "slow"]])
                try await eventually("the model has the first") { model.inputs == ["slow"] }
                // The other lane is done with the second while the first is still in hand.
                try await db[docs].insertMany([["_id": 2, "text": "quick"]])
                try await eventually("the second is stored") { try await db.audit()[0].fresh == 1 }
                try await watcher.waitUntilRead(db)
            }
            #expect(try await db.one(1)?["_outputs"] == nil)
            #expect(try await db.daemon.checkpoint()?.isComplete == true)
            model.open()
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.slow.of"] == "slow")
            }
        }
    }

    @Test func thePositionWaitsForTheListenersThatReadAnOutput() async throws {
        try await withDatabase { db in
            let second = Held()
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db.add(Listener(model: second, on: docs, key: "_outputs.text.length", as: "second"))
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                let reply = try db.command(["insert": "docs", "documents": [["_id": 1, "text": "abc"]]])
                let time = try #require(reply["operationTime"]?.timestamp)
                try await eventually("the second has its input") { second.entered.count == 1 }
                let safe = try #require(watcher.resumeToken)
                #expect(Position(token: safe).clusterTime < time)
                second.open()
                try await watcher.waitUntilFresh()
                #expect(Position(token: try #require(watcher.resumeToken)).clusterTime >= time)
            }
        }
    }

    @Test func whatReadsAnOutputIsDoneThoughTheWatcherEndedInBetween() async throws {
        try await withDatabase { db in
            let second = Held()
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await db.add(Listener(model: second, on: docs, key: "_outputs.text.length", as: "second"))
            try await watching(db, options: WatcherOptions(drainTimeout: .milliseconds(10))) { watcher in
                try await watcher.waitUntilFresh()
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await eventually("the first is done") { try await db.audit()[0].fresh == 1 }
                try await watcher.waitUntilRead(db)
            }
            #expect(try await db.one(1)?[path: "_outputs.second"] == nil)
            second.open()
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.second.held.of"]?.int == 3)
            }
        }
    }

    @Test func aPositionIsSavedBeforeAnyDocumentIsLookedThrough() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            let wasSaved = Mutex<Bool?>(nil)
            let model = ClosureModel("asks") { (texts: [String]) in
                let position = try await db.daemon.checkpoint()?.position
                wasSaved.withLock { $0 = $0 ?? (position != nil) }
                return texts.map(\.count)
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(wasSaved.withLock { $0 } == true)
        }
    }

    /// A start that is cut short must find the position again: what no scan would find is told
    /// by events alone.
    @Test func aSavedPositionIsNeverTakenBackByAnotherStart() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            let start = try #require(try db.connection.operationTime())
            for _ in 0..<3 {
                try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            }
            let tokens = try await db.everStored(
                "lockstep", at: "token", in: Collection("lockstep.checkpoints"), since: start)
            #expect(!tokens.isEmpty)
            #expect(tokens.allSatisfy { $0.type == .document })
        }
    }

    // MARK: Scans

    /// One of each type, in the order of MongoDB's index.
    private static let ids: [BSONValue] = [
        nil, -1, 2.5, 7, "", "text", ["a": 1], .init(binary: [1, 2]), .objectID(), false, true,
        .init(millisecondsSince1970: 5), .init(timestamp: BSONTimestamp(seconds: 1, increment: 1)),
    ]

    @Test func aScanGoesOnThroughIDsOfEveryType() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany(Self.ids.map { ["_id": $0, "text": "abc"] })
            let listener = Listener(model: Tally(), on: docs, key: "text")
            let scan = CollectionScan(connection: db.connection, collection: "docs", listeners: [listener])
            for place in Self.ids.indices {
                var found: [BSONValue] = []
                try scan.forEachPage(from: Self.ids[place]) { page in
                    found += page.map(\.key.id)
                    return true
                }
                #expect(found == Array(Self.ids[(place + 1)...]), "after \(Self.ids[place])")
            }
        }
    }

    @Test func anInterruptedScanGoesOnThroughIDsOfEveryType() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: Tally(), on: docs, key: "text"))
            try await db[docs].insertMany(Self.ids.map { ["_id": $0, "text": "abc"] })
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            // As if another version had been interrupted after the number 7.
            let model = Tally(version: "2")
            let listener = Listener(model: model, on: docs, key: "text")
            let progress: BSONValue = [
                "listener": BSONValue(listener.id), "definition": BSONValue(listener.definition),
                "complete": false, "after": 7,
            ]
            try db.update(
                ["_id": "lockstep"], ["$set": ["listeners": [progress]]], collection: "lockstep.checkpoints")
            let later = try await Database.connect(try TestServer.uri(), database: db.name)
            try await later.add(listener)
            // The periodic audit would find the four that the scan leaves out.
            try await watching(later, options: WatcherOptions(auditEvery: nil)) { watcher in
                try await watcher.waitUntilFresh()
            }
            #expect(model.inputs == Self.ids.count - 4)
            #expect(try await later.audit()[0].stale == 4)
        }
    }

    // MARK: What is parked

    @Test func whatIsParkedWithoutADocumentLeavesTheList() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
            try await watching(db) { watcher in
                // Past the first scan, which would find it.
                try await watcher.waitUntilFresh()
                // As a process that was paused would park a document that was deleted meanwhile.
                try await db[Collection("lockstep.failures")].insertMany([
                    [
                        "_id": ["listener": "docs/text/length", "document": 7], "reason": "late",
                        "version": "1",
                    ]
                ])
                try await eventually("it is off the list") { try await db.failures().isEmpty }
            }
        }
    }

    @Test func whatIsParkedAndGoneIsForgottenByAScan() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "bad"], ["_id": 2, "text": "bad"]])
                try await watcher.waitUntilFresh()
            }
            try await db[docs].deleteMany(["_id": 1])
            // The history that would tell is lost.
            try db.command(["drop": "lockstep.checkpoints"])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().map(\.documentID) == [2])
            }
        }
    }

    // MARK: Nothing computed twice

    @Test func aChangeThatIsTakenBackCostsNoModelCall() async throws {
        try await withDatabase { db in
            let model = SlowEcho(concurrency: 1)
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await watcher.waitUntilFresh()
                try await db[docs].insertMany([["_id": 2, "text": "slow"]])
                try await eventually("the only lane is busy") { model.inputs.last == "slow" }
                try db.update(["_id": 1], ["$set": ["text": "b"]])
                try db.update(["_id": 1], ["$set": ["text": "a"]])
                try await watcher.waitUntilRead(db)
                model.open()
                try await watcher.waitUntilQuiet()
            }
            #expect(model.inputs == ["a", "slow"])
        }
    }

    @Test func eventsFromBeforeTheStartCostNoModelCall() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            var token: BSONDocument?
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                token = watcher.resumeToken
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await watcher.waitUntilFresh()
            }
            let start = try #require(token)
            let options = WatcherOptions(identifier: "another", resumeToken: start)
            try await watching(db, options: options) { watcher in
                try await watcher.waitUntilFresh()
                #expect(watcher.info().inserts == 1)
            }
            #expect(model.inputs == ["abc"])
        }
    }

    // What comes after a clean stop is news, unless somebody made it fresh meanwhile.
    @Test func whatARepairMadeFreshWhileNothingRanCostsNoModelCall() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.daemon.checkpoint()?.isFinal == true)
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            try await DatabaseWatcher(db: db).repair()
            #expect(try await db.daemon.checkpoint()?.isFinal == false)
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(watcher.info().inserts == 1)
                #expect(try await db.daemon.checkpoint()?.isFinal == false)
            }
            #expect(model.inputs == ["abc"])
        }
    }
}

/// Echoes; an answer with the text "slow" in it waits until it is let go.
private final class SlowEcho: Model {
    let name = "slow"
    let limits: BatchLimits
    private let echo = Echo()
    private let gate = Gated()

    init(concurrency: Int = 2) {
        limits = BatchLimits(concurrency: concurrency)
    }

    func predict(_ inputs: [BSONValue]) async throws -> [BSONValue] {
        let outputs = try await echo.predict(inputs)
        if inputs.contains("slow") { _ = try await gate.predict([]) }
        return outputs
    }

    func open() { gate.open() }
    var inputs: [BSONValue] { echo.inputs }
}

extension DatabaseWatcher {
    /// Waits until every change so far was read from the stream, handled or not.
    fileprivate func waitUntilRead(_ db: Database) async throws {
        let time = try #require(try db.connection.operationTime())
        try await eventually("the stream is read") {
            lastReadToken.map { Position(token: $0).clusterTime >= time } ?? false
        }
    }
}

extension Database {
    /// Every value that ever stood at a path of a document since then, as the change stream tells.
    fileprivate func everStored(
        _ id: BSONValue, at path: String, in collection: Collection = docs, since time: BSONTimestamp
    ) async throws -> [BSONValue] {
        let end: BSONValue = .objectID()
        try await self[collection].insertMany([["_id": end]])
        while true {
            let reply = try command([
                "aggregate": BSONValue(collection.name),
                "pipeline": [["$changeStream": ["startAtOperationTime": BSONValue(timestamp: time)]]],
                "cursor": ["batchSize": 1000],
            ])
            let events = reply[path: "cursor.firstBatch"]?.array?.compactMap(\.document) ?? []
            // What was written last may not be known to a majority yet.
            guard events.contains(where: { $0[path: "documentKey._id"] == end }) else { continue }
            return events.filter { $0[path: "documentKey._id"] == id }.compactMap { $0.value(brought: path) }
        }
    }
}

extension BSONDocument {
    /// What an event of the change stream put at a path.
    fileprivate func value(brought path: String) -> BSONValue? {
        if let document = self["fullDocument"]?.document { return document[path: path] }
        for (field, value) in self[path: "updateDescription.updatedFields"]?.document ?? [:] {
            if field == path { return value }
            guard path.hasPrefix(field + ".") else { continue }
            return value.document?[path: String(path.dropFirst(field.count + 1))]
        }
        return nil
    }
}
