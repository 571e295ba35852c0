@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepState
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// What a model has answered is not paid for again.
@Suite struct MemoTests {
    private func listener(
        _ model: EchoProvider, _ key: FieldPath = "text", as name: String? = nil
    ) -> Listener {
        Listener(model: model, on: docs, keys: [key], as: name, where: nil)
    }

    private func paid(
        _ name: String = "echo", version: String = "1", limits: BatchLimits = BatchLimits(count: 100)
    ) -> EchoProvider {
        EchoProvider(name, version: version, limits: limits, takesTexts: true, hasMemo: true)
    }

    private let documents: [BSONDocument] = (0..<20).map {
        ["_id": BSONValue($0), "text": BSONValue($0 < 3 ? "long \($0)" : "text \($0)")]
    }

    private func memo(_ db: Database) async throws -> [BSONDocument] {
        try await db[Collection(MemoStore.collection)].find()
    }

    /// All are fresh after it, and cut where they were.
    private func expectFresh(_ db: Database, _ watcher: DatabaseWatcher) async throws {
        try await watcher.waitUntilQuiet()
        let report = try await db.audit()[0]
        #expect(report.fresh == 20 && report.documents == 20 && report.truncated == 3, "\(report)")
    }

    @Test func equalInputsAreAskedOnceHoweverManyRoundsTheyAreIn() async throws {
        try await withDatabase { db in
            let echo = paid(limits: BatchLimits(count: 7, concurrency: 4))
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(
                (0..<300).map { ["_id": BSONValue($0), "text": BSONValue("text \($0 % 5)")] })
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                for id in 300..<320 {
                    try await db[docs].insertMany([
                        ["_id": BSONValue(id), "text": BSONValue("text \(id % 5)")]
                    ])
                }
                try await watcher.waitUntilQuiet()
            }
            #expect(try await db.audit()[0].fresh == 320)
            #expect(echo.texts.sorted() == (0..<5).map { "text \($0)" })
        }
    }

    @Test func anotherNameOrKeyOfTheListenerCostsNothing() async throws {
        try await withDatabase { db in
            let echo = paid()
            try await db[docs].insertMany(documents)
            for listener in [listener(echo), listener(echo, as: "other"), listener(echo, "body")] {
                if listener.keys == ["body"] { try db.update([:], ["$rename": ["text": "body"]]) }
                try db.setListeners([listener])
                try await watching(db) { try await expectFresh(db, $0) }
            }
            #expect(echo.texts.count == 20)
        }
    }

    @Test func documentsThatComeBackFromABackupCostNothing() async throws {
        try await withDatabase { db in
            let echo = paid()
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(documents)
            try await watching(db) { watcher in
                try await expectFresh(db, watcher)
                try db.command(["drop": "docs"])
                try await db[docs].insertMany(documents)
                try await expectFresh(db, watcher)
            }
            #expect(echo.texts.count == 20)
        }
    }

    @Test func anEarlierVersionOfTheModelCostsNothing() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany(documents)
            let (one, two, again) = (paid(version: "1"), paid(version: "2"), paid(version: "1"))
            for model in [one, two, again] {
                try db.setListeners([listener(model)])
                try await watching(db) { try await expectFresh(db, $0) }
            }
            #expect(one.texts.count == 20 && two.texts.count == 20 && again.texts.isEmpty)
        }
    }

    /// Nothing but the user's own words says that these are other models.
    @Test func anotherModelOfTheSameVersionIsAsked() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany(documents)
            let (one, two) = (paid("one"), paid("two"))
            try db.setListeners([listener(one), listener(two)])
            try await watching(db) { try await $0.waitUntilQuiet() }
            #expect(one.texts.count == 20 && two.texts.count == 20)
        }
    }

    @Test func aRestartWhileMongoDBTakesNoOutputsCostsNothing() async throws {
        try await withDatabase { db in
            let echo = paid()
            try db.setListeners([listener(echo)])
            try db.command(["create": "docs", "validator": ["_outputs": ["$exists": false]]])
            try await db[docs].insertMany(documents)
            try await watching(db, options: WatcherOptions(drainTimeout: .zero)) { watcher in
                try await eventually("all are asked") { echo.texts.count >= 20 }
                try await eventually("no output is taken") { watcher.status().listeners[0].state == .refused }
            }
            try db.command(["collMod": "docs", "validator": [:]])
            try await watching(db) { try await expectFresh(db, $0) }
            #expect(echo.texts.count == 20)
        }
    }

    /// A process that is killed has paid for what is in flight, and for nothing else in vain.
    @Test func whatWasAnsweredIsKeptBeforeTheRoundIsOver() async throws {
        try await withDatabase { db in
            let echo = paid(limits: BatchLimits(count: 5, concurrency: 1))
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(documents)
            echo.close()
            try await watching(db) { watcher in
                for calls in 1...4 where echo.batches.count <= calls {
                    try await eventually("a call is in flight") { echo.batches.count >= calls }
                    // Of one lane: what came before was answered.
                    try await eventually("all else is kept") {
                        let (kept, last) = (try await memo(db).count, echo.batches.last?.inputs.count ?? 0)
                        // The last call may have been answered before it was held.
                        return kept == echo.texts.count - last || kept == 20
                    }
                    echo.open()
                    try await eventually("it goes on") {
                        echo.batches.count > calls || echo.texts.count == 20
                    }
                    if echo.texts.count < 20 { echo.close() }
                }
                echo.open()
                try await expectFresh(db, watcher)
            }
            #expect(echo.texts.count == 20)
        }
    }

    @Test func whatPeopleWantTriedAgainIsAsked() async throws {
        try await withDatabase { db in
            let echo = paid()
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany([["_id": 1, "text": "refuse"], ["_id": 2, "text": "text"]])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.failures().count == 1)
                #expect(try await db.retryFailures() == 1)
                try await eventually("it is asked again") { echo.texts.count { $0 == "refuse" } == 2 }
            }
            #expect(echo.texts.count { $0 == "text" } == 1)
            #expect(try await memo(db).count == 1)
        }
    }

    @Test func aComparisonWithTheModelAsksTheModel() async throws {
        try await withDatabase { db in
            let echo = paid()
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(documents)
            try await watching(db) { try await expectFresh(db, $0) }
            #expect(try await db.recomputation()[0].different.isEmpty)
            #expect(echo.texts.count == 40)
        }
    }

    @Test func whatTheModelDoesNotGiveAnyMoreIsAskedAgain() async throws {
        try await withDatabase { db in
            let before = paid()
            try db.setListeners([listener(before)])
            try await db[docs].insertMany(documents)
            try await watching(db) { try await expectFresh(db, $0) }
            let after = EchoProvider(takesTexts: true, hasMemo: true, answer: "another")
            try db.setListeners([listener(after)])
            let different = try await db.recomputation()[0].different
            #expect(different.count == 20)
            try await db.distrust(different, of: db.listeners[0])
            try await DatabaseWatcher(db: db).repair()
            #expect(
                try await db[docs].find().allSatisfy { $0[path: "_outputs.text.echo"]?.string == "another" })
        }
    }

    // MARK: What it costs

    @Test func othersHaveNone() async throws {
        try await withDatabase { db in
            let echo = EchoProvider(takesTexts: true)
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(documents)
            try await watching(db) { try await expectFresh(db, $0) }
            #expect(try db.connection.collectionKinds()[MemoStore.collection] == nil)
        }
    }

    @Test func itsEntriesSayWhatTheyAreOf() async throws {
        try await withDatabase { db in
            try db.setListeners([listener(paid())])
            try await db[docs].insertMany([["_id": 1, "text": "long"]])
            try await watching(db) { try await $0.waitUntilFresh() }
            let entry = try #require(try await memo(db).first)
            let input = Fingerprint(of: ["long"])
            let id = MemoEntry.Source(model: "echo", version: "1").id(of: input)
            #expect(entry["_id"] == BSONValue(binary: id.bytes) && entry["input"] == input.value)
            #expect(entry["model"]?.string == "echo" && entry["version"]?.string == "1")
            #expect(entry["output"]?.string == "long" && entry["truncated"]?.bool == true)
            let indexes = try db.command(["listIndexes": BSONValue(MemoStore.collection)])
            let expiring = indexes[path: "cursor.firstBatch"]?.array?.compactMap {
                $0.document?["expireAfterSeconds"]?.int
            }
            #expect(expiring == [30 * 86400])
        }
    }

    @Test func theOldestGiveWayOnceThereAreTooManyBytes() async throws {
        try await withDatabase { db in
            let store = MemoStore(connection: db.connection)
            let memo = Memo(store: store, limit: 100_000, log: db.log)
            let output = BSONValue(String(repeating: "x", count: 1000))
            let source = MemoEntry.Source(model: "m", version: "1")
            for round in 0..<20 {
                memo.keep(
                    (0..<10).map { place in
                        MemoEntry(
                            source, Fingerprint(of: [BSONValue(round * 10 + place)]), output: output,
                            isTruncated: false, at: Int64(round))
                    })
            }
            let (documents, bytes) = try store.size()
            #expect(bytes <= 100_000 && documents >= 50, "\(documents) with \(bytes)")
            let newest = source.id(of: Fingerprint(of: [199]))
            let oldest = source.id(of: Fingerprint(of: [0]))
            let found = try store.entries([newest, oldest])
            #expect(found[newest] != nil && found[oldest] == nil)
        }
    }

    @Test func whatIsUsedStays() async throws {
        try await withDatabase { db in
            let store = MemoStore(connection: db.connection)
            let memo = Memo(store: store, limit: 1 << 20, log: db.log)
            let source = MemoEntry.Source(model: "m", version: "1")
            let now = currentMilliseconds()
            let times = [now - 10 * 86_400_000, now - 60_000]
            let entries = times.enumerated().map { place, time in
                MemoEntry(
                    source, Fingerprint(of: [BSONValue(place)]), output: 1, isTruncated: false, at: time)
            }
            memo.keep(entries)
            _ = try memo.entries(entries.map(\.id))
            let found = try store.entries(entries.map(\.id))
            #expect(found[entries[0].id].map { $0.at >= now } == true)
            // To the day: no write for each use.
            #expect(found[entries[1].id]?.at == times[1])
        }
    }

    @Test func aMemoThatCannotBeWrittenCostsNoPrediction() async throws {
        let lines = LogLines()
        let name = "t\(UInt32.random(in: 0...UInt32.max))"
        let db = try await Database.connect(try TestServer.uri(), database: name, log: lines.logger)
        // Nothing can be written there.
        try db.command(["create": "docs"])
        try db.command(["create": BSONValue(MemoStore.collection), "viewOn": "docs", "pipeline": []])
        try db.setListeners([listener(paid())])
        try await db[docs].insertMany(documents)
        try await watching(db) { try await expectFresh(db, $0) }
        #expect(lines.all.count { $0.contains(MemoStore.collection) } == 1)
        try db.command(["dropDatabase": 1])
    }

    @Test func entriesThatOthersWroteAreNotTrusted() async throws {
        try await withDatabase { db in
            let echo = paid()
            let id = MemoEntry.Source(model: "echo", version: "1").id(of: Fingerprint(of: ["text"]))
            try await db[Collection(MemoStore.collection)].insertMany([
                [
                    "_id": BSONValue(binary: id.bytes), "model": "echo", "version": "1", "output": "wrong",
                    "input": Fingerprint(of: ["another"]).value, "at": BSONValue(millisecondsSince1970: 1),
                ]
            ])
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany([["_id": 1, "text": "text"]])
            try await watching(db) { try await $0.waitUntilFresh() }
            #expect(try await db.one(1)?[path: "_outputs.text.echo"]?.string == "text")
        }
    }
}
