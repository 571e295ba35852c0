import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// The stream cannot go on where it was: everything becomes fresh, and what is fresh costs nothing.
@Suite(.serialized) struct HistoryTests {
    static let anew = "cannot go on where it was"
    static let looking = "rescanning all documents"

    /// Another pipeline that lets everything pass: the stream is another one, and a token of it another too.
    static let other = WatcherOptions(pipeline: [["$match": ["operationType": ["$ne": "none"]]]])

    /// Four documents that are fresh, and one that the model refuses.
    private func begin(_ db: Database) async throws -> Picky {
        let model = Picky()
        try await db.add(Listener(model: model, on: docs, key: "text"))
        try await watching(db) { watcher in
            try await db[docs].insertMany([
                ["_id": 1, "text": "a"], ["_id": 2, "text": "bb"], ["_id": 3, "text": "ccc"],
                ["_id": 4, "text": "dddd"], ["_id": 5, "text": "bad"],
            ])
            try await watcher.waitUntilFresh()
        }
        #expect(model.inputs.count == 5)
        #expect(try await db.failures().count == 1)
        return model
    }

    /// A change, an input that goes, a new document, and deletions, one of them of the refused.
    private func change(_ db: Database) async throws {
        try db.update(["_id": 1], ["$set": ["text": "aaaaaa"]])
        try db.update(["_id": 2], ["$unset": ["text": 1]])
        try await db[docs].insertMany([["_id": 6, "text": "ffffff"]])
        try await db[docs].deleteMany(["_id": ["$in": [3, 5]]])
    }

    private func expectEverythingIsFound(_ db: Database, _ model: Picky, since: Int) async throws {
        #expect(model.inputs.dropFirst(since).sorted() == ["aaaaaa", "ffffff"])
        let report = try await db.audit()[0]
        #expect(report.all == 4 && report.right == 4, "\(report)")
        #expect(try await db.one(1)?[path: "_outputs.text.picky"]?.int == 6)
        #expect(try await db.one(2)?[path: "_outputs.text.picky"] == nil)
        #expect(try await db.one(6)?[path: "_outputs.text.picky"]?.int == 6)
        #expect(try await db.failures().isEmpty)
    }

    @Test(arguments: [false, true])
    func whatHappenedBeforeTheOplogBeginsIsFoundAfterARestart(withAnotherPipeline: Bool) async throws {
        try await withSmallOplog { server, db, lines in
            let model = try await begin(db)
            try await change(db)
            try await server.roll()
            lines.clear()
            let options = withAnotherPipeline ? Self.other : WatcherOptions()
            try await watching(db, options: options) { watcher in
                try await eventually("it is seen") { !lines.containing(Self.anew).isEmpty }
                try await watcher.waitUntilFresh()
                try await expectEverythingIsFound(db, model, since: 5)
                // It follows what comes next.
                try db.update(["_id": 4], ["$set": ["text": "four"]])
                try await watcher.waitUntilFresh()
                #expect(model.inputs.last == "four")
            }
            #expect(lines.all.count == 1, "\(lines.all)")
            // The next start finds a good position.
            try await watching(db, options: options) { try await $0.waitUntilFresh() }
            #expect(model.inputs.count == 8)
            #expect(lines.all.count == 1, "\(lines.all)")
        }
    }

    @Test func aGivenTokenThatLeadsNowhereDoesNotKeepAWatcherFromItsWork() async throws {
        try await withSmallOplog { server, db, lines in
            let model = try await begin(db)
            let tokens = [
                // Older than the oplog; and of another deployment.
                Self.highWaterMark(BSONTimestamp(seconds: 1_600_000_000, increment: 1)),
                [
                    "_data":
                        "826B032C92000000012B022C0100296E5A100410226D75977346248FF43EF8F15CE76A461E5F6964002B020004"
                ],
            ]
            for (number, token) in tokens.enumerated() {
                lines.clear()
                try db.update(["_id": 4], ["$set": ["text": BSONValue("changed \(number)")]])
                try await watching(db, options: WatcherOptions(resumeToken: token)) { watcher in
                    try await eventually("it is fresh") { model.inputs.last == "changed \(number)" }
                    try await watcher.waitUntilFresh()
                }
                #expect(lines.containing(Self.looking).count == 1, "\(lines.all)")
            }
            #expect(model.inputs.count == 7)
        }
    }

    @Test func whatIsLostWhileItIsReadIsFound() async throws {
        try await withSmallOplog { server, direct, _ in
            let proxy = try TCPProxy(to: server.port)
            defer { proxy.stop() }
            let lines = LogLines()
            let db = try await Database.connect(
                Self.patientURI(proxy), database: direct.name, log: lines.logger)
            let model = Picky()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await direct[docs].insertMany([
                    ["_id": 1, "text": "a"], ["_id": 2, "text": "bb"], ["_id": 3, "text": "ccc"],
                    ["_id": 4, "text": "dddd"], ["_id": 5, "text": "bad"],
                ])
                try await watcher.waitUntilFresh()
                // The stream stands still, and nobody notices: what is asked for comes late.
                proxy.cut(.both)
                try await change(direct)
                try await server.roll()
                proxy.heal(resetting: false)
                try await eventually("it is seen") { !lines.containing(Self.anew).isEmpty }
                try await eventually("it goes on") { watcher.isAvailable() }
                try await watcher.waitUntilFresh()
                try await expectEverythingIsFound(db, model, since: 5)
            }
            #expect(lines.containing(Self.anew).count == 1, "\(lines.all)")
        }
    }

    @Test func threeLossesInARowEndWithWhatToChange() async throws {
        try await withSmallOplog { server, direct, _ in
            let proxy = try TCPProxy(to: server.port)
            defer { proxy.stop() }
            let lines = LogLines()
            let db = try await Database.connect(
                Self.patientURI(proxy), database: direct.name, log: lines.logger)
            let slow = Gated()
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await direct[docs].insertMany([["_id": 1, "text": "a"], ["_id": 2, "text": "bb"]])
            let watcher = DatabaseWatcher(db: db)
            try await watcher.watch()
            for loss in 1...3 {
                try await eventually("session \(loss) reads", timeout: .seconds(60)) {
                    watcher.isAvailable() && slow.entered.count == 2 * loss
                }
                #expect(!watcher.hasEnded)
                proxy.cut(.both)
                try await server.roll()
                proxy.heal(resetting: false)
                try await eventually("loss \(loss) is seen", timeout: .seconds(60)) {
                    lines.containing(Self.anew).count == loss || watcher.hasEnded
                }
            }
            let error = await #expect(throws: LockstepError.self) { try await watcher.stop() }
            #expect(error == .historyLostAgain(3))
            #expect(error?.description.contains("replSetResizeOplog") == true)
            // With a larger oplog, or a faster model, it goes on.
            slow.open()
            try await watching(db) { try await $0.waitUntilFresh() }
            #expect(try await db.audit()[0].fresh == 2)
        }
    }

    @Test func anotherPipelineGoesOnAtTheTimeOfTheSavedPositionAndMissesNothing() async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.name, log: lines.logger)
            let model = try await begin(db)
            try await change(db)
            // Only an event tells of that: no scan would find it.
            try db.update(["_id": 4], ["$set": ["_outputs.text.picky": 99]])
            try await watching(db, options: Self.other) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.one(4)?[path: "_outputs.text.picky"]?.int == 4)
            }
            #expect(model.inputs.dropFirst(5).sorted() == ["aaaaaa", "dddd", "ffffff"])
            #expect(try await db.failures().isEmpty)
            // Other collections make another stream, too; the one that is new is scanned.
            try db.update(["_id": 4], ["$set": ["_outputs.text.picky": 99]])
            try await db[Collection("more")].insertMany([["_id": 1, "text": "more"]])
            let more = Picky()
            try await db.add(Listener(model: more, on: "more", key: "text"))
            try await watching(db, options: Self.other) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try await db.one(4)?[path: "_outputs.text.picky"]?.int == 4)
            }
            #expect(model.inputs.count == 9)
            #expect(more.inputs == ["more"])
            #expect(lines.containing(Self.looking).isEmpty, "\(lines.all)")
        }
    }

    @Test func aPositionLaterThanTheClustersTimeIsNotWaitedFor() async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.name, log: lines.logger)
            let model = try await begin(db)
            lines.clear()
            let now = try #require(try db.connection.operationTime())
            try setToken(
                db, Self.highWaterMark(BSONTimestamp(seconds: now.seconds + 3600, increment: 1)))
            try await change(db)
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                try await expectEverythingIsFound(db, model, since: 5)
            }
            #expect(lines.containing("later than the cluster's time").count == 1)
            #expect(lines.all.count == 1, "\(lines.all)")
        }
    }

    enum Place: CaseIterable {
        case sameServer, anotherServer
    }

    enum Age: CaseIterable {
        /// As it was some time ago.
        case older
        /// The documents are newer than what was known to be done.
        case newer
    }

    @Test(arguments: Place.allCases, Age.allCases)
    func aRestoredDatabaseBecomesFreshAndCostsWhatIsNotAlone(place: Place, age: Age) async throws {
        try await withSmallOplog { _, db, lines in
            let model = try await begin(db)
            var dump = try await Dump(of: db)
            try await change(db)
            switch age {
            case .older:
                // What the dump does not have is done, too.
                try await watching(db) { try await $0.waitUntilFresh() }
            case .newer:
                dump.collections["docs"] = try await Dump(of: db).collections["docs"]
            }
            let calls = model.inputs.count
            lines.clear()
            func check(_ db: Database) async throws {
                try await dump.restore(to: db)
                try await watching(db) { watcher in
                    try await watcher.waitUntilFresh()
                    switch age {
                    case .older:
                        #expect(model.inputs.count == calls)
                        let report = try await db.audit()[0]
                        #expect(report.fresh == 4 && report.failed == 1, "\(report)")
                    case .newer:
                        try await expectEverythingIsFound(db, model, since: calls)
                    }
                }
                #expect(lines.containing("was restored or copied").count == 1)
                #expect(lines.all.count == 1, "\(lines.all)")
            }
            switch place {
            case .sameServer: try await check(db)
            case .anotherServer:
                try await withDatabase { plain in
                    let other = try await Database.connect(
                        try TestServer.uri(), database: plain.name, log: lines.logger)
                    try await other.add(Listener(model: model, on: docs, key: "text"))
                    try await check(other)
                }
            }
        }
    }

    // The clock of the server before may have been ahead: then its position lies behind what was restored.
    @Test func aPositionOfTheServerBeforeIsNotGoneOnFromThoughItFits() async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.name, log: lines.logger)
            let model = try await begin(db)
            try await change(db)
            try await Dump(of: db).restore(to: db)
            lines.clear()
            let now = try #require(try db.connection.operationTime())
            try setToken(db, Self.highWaterMark(now))
            // The cluster's time moves past it.
            try await db[Collection("other")].insertMany([["_id": 1]])
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                try await expectEverythingIsFound(db, model, since: 5)
            }
            #expect(lines.all.count == 1, "\(lines.all)")
        }
    }

    private func setToken(_ db: Database, _ token: BSONDocument) throws {
        try db.update(
            ["_id": "lockstep"],
            [
                "$set": [
                    "token": BSONValue(token),
                    "clusterTime": BSONValue(timestamp: Position(token: token).clusterTime),
                ]
            ],
            collection: Collection("lockstep.checkpoints"))
    }

    /// The token of a time without an event, as an idle stream gives it.
    private static func highWaterMark(_ time: BSONTimestamp) -> BSONDocument {
        ["_data": BSONValue(String(format: "82%08X%08X2B0229296E04", time.seconds, time.increment))]
    }

    /// Nothing is given up however long a cut lasts.
    private static func patientURI(_ proxy: TCPProxy) -> String {
        "mongodb://127.0.0.1:\(proxy.port)/?directConnection=true&socketTimeoutMS=120000&connectTimeoutMS=120000"
    }
}

/// The length of a text; refuses "bad".
private final class Picky: Model {
    let name = "picky"
    private let length = TextLength()

    func predict(_ texts: [String]) async throws -> [Result<Int, InputError>] {
        zip(texts, try await length.predict(texts)).map {
            $0 == "bad" ? .failure(InputError("not this")) : .success($1)
        }
    }

    var inputs: [String] {
        length.inputs
    }
}
