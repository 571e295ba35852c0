import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Documents, inputs, outputs and `_id`s near MongoDB's limit of 16 MB.
@Suite(.serialized) struct LargeDataTests {
    private static let limit = 16 << 20

    private static func text(_ count: Int) -> BSONValue {
        BSONValue(String(repeating: "x", count: count))
    }

    /// The input is nearly all of it; what Lockstep adds just fits.
    @Test(arguments: Way.allCases)
    func aDocumentOfJustUnderSixteenMegabytesIsPredicted(way: Way) async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, keys: ["title", "text"], as: "both"))
            let length = Self.limit - 600
            try await way.bring(
                [
                    ["_id": 1, "title": "a", "text": Self.text(length)],
                    ["_id": 2, "title": "b", "text": "short"],
                ],
                to: db)
            #expect((try await db.one(1)?[path: "_outputs.both.size"]?.int ?? 0) > length)
            #expect(model.inputs == 2)
            #expect(try await db.failures().isEmpty)
            for report in try await db.audit() { #expect(report.fresh == 2) }
        }
    }

    /// An array is compared in another form, with the value in the command once more.
    @Test(arguments: [Way.insert, .scan])
    func aLargeArrayIsPredicted(way: Way) async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, key: "list"))
            let numbers = BSONValue((0..<100_000).map { BSONValue($0) })
            let texts = BSONValue((0..<9).map { _ in Self.text(1 << 20) })
            try await way.bring(
                [
                    ["_id": 1, "list": numbers], ["_id": 2, "list": texts],
                    ["_id": 3, "list": [numbers, "end"]],
                ], to: db)
            #expect(try await db.one(1)?[path: "_outputs.list.size"]?.int == numbers.bytes.count)
            #expect(model.inputs == 3)
            #expect(try await db.audit()[0].fresh == 3)
        }
    }

    /// Their inputs together are more than any command takes.
    @Test(arguments: [Way.insert, .scan])
    func largeInputsArePredictedTogether(way: Way) async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await way.bring(
                (0..<5).map { ["_id": BSONValue($0), "text": Self.text((5 << 20) + $0)] }, to: db)
            #expect(model.inputs == 5)
            #expect(try await db.audit()[0].fresh == 5)
        }
    }

    /// Their `_id`s together are more than a command takes. On a standalone server, since change streams of this
    /// MongoDB do not bring many of them; see ``anIDThatNoChangeStreamBringsStopsNothing()``.
    @Test func manyLargeIDsArePredicted() async throws {
        let (count, size) = (18, 1 << 20)
        try await withStandaloneDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(
                Listener(model: TextLength(), on: docs, key: "text", where: ["text": ["$ne": "x"]]))
            let ids = (0..<count).map { BSONValue(String(repeating: "k", count: size) + String($0)) }
            try await db[docs].insertMany(
                ids.enumerated().map { ["_id": $1, "text": $0 % 2 == 0 ? "good" : "bad"] })
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.failures().count == count / 2)
            let reports = try await db.audit()
            #expect(reports[0].fresh == count / 2 && reports[0].failed == count / 2)
            #expect(reports[1].fresh == count)
            model.become(.works)
            #expect(try await db.retryFailures() == count / 2)
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.failures().isEmpty)
        }
    }

    // An event names its `_id` six times over: 3 MB make more than MongoDB's 16, and it cuts the connection.
    @Test
    func anIDThatNoChangeStreamBringsStopsNothing() async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": Self.text(3 << 20), "text": "a"]])
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await eventually("the others go on") { try await db.one(1)?["_outputs"] != nil }
            }
        }
    }

    // One such event passes, twenty of them do not fit into the batch that MongoDB makes of them.
    @Test
    func manyIDsOfOneMegabyteAreFollowed() async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    (0..<20).map { ["_id": Self.text((1 << 20) + $0), "text": "a"] })
                try await watcher.waitUntilQuiet()
            }
            #expect(model.inputs == 20)
        }
    }

    @Test func anOutputThatFindsNoRoomIsParked() async throws {
        for way in [Way.insert, .scan, .replace, .set] {
            try await withDatabase { db in
                let model = ClosureModel("large") { (texts: [String]) in
                    texts.map { _ in String(repeating: "y", count: 9 << 20) }
                }
                let tally = Tally()
                try await db.add(Listener(model: model, on: docs, key: "text"))
                try await db.add(Listener(model: tally, on: docs, key: "text"))
                try await way.bring(
                    [["_id": 1, "text": "a", "ballast": Self.text(9 << 20)], ["_id": 2, "text": "b"]], to: db)
                let failures = try await db.failures()
                #expect(failures.map(\.documentID) == [1])
                #expect(failures.first?.reason.contains("MongoDB refuses the output") == true)
                // Not with the document in it.
                #expect((failures.first?.reason.utf8.count ?? 0) < 1000)
                #expect(tally.inputs == 2)
                let reports = try await db.audit()
                #expect(reports[0].fresh == 1 && reports[0].failed == 1)
                #expect(reports[1].fresh == 2)
            }
        }
    }

    /// A parked input has its turn again when it changes; this one when there is room.
    @Test func aParkedOutputIsStoredOnceTheDocumentIsReplacedByASmallerOne() async throws {
        try await withOversized { db, watcher, model in
            try await db[docs].replaceOne(["_id": 1], ["text": "a"])
            try await watcher.waitUntilQuiet()
            #expect(model.inputs == 3)
        }
    }

    @Test
    func aParkedOutputIsStoredOnceTheDocumentHasShrunk() async throws {
        try await withOversized { db, watcher, model in
            // Still too large, or not changed at all: no reason to call the model.
            try db.update(["_id": 1], ["$set": ["views": 1]])
            try await watcher.waitUntilQuiet()
            #expect(model.inputs == 2)
            try db.update(["_id": 1], ["$unset": ["ballast": 1]])
            try await watcher.waitUntilQuiet()
            #expect(model.inputs == 3)
        }
    }

    /// Document 2 stays as it is; `shrink` makes room in document 1.
    private func withOversized(_ shrink: (Database, DatabaseWatcher, Wide) async throws -> Void) async throws
    {
        try await withDatabase { db in
            let model = Wide(9 << 20)
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    [1, 2].map { ["_id": $0, "text": "a", "ballast": Self.text(9 << 20)] })
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().count == 2)
                try await shrink(db, watcher, model)
                #expect(try await db.failures().map(\.documentID) == [2])
                #expect(try await db.one(1)?[path: "_outputs.text.wide"] != nil)
            }
            // A document that is parked for that costs no call when all are scanned.
            let calls = model.inputs
            try await watching(db, options: WatcherOptions(identifier: "another")) { watcher in
                try await watcher.waitUntilQuiet()
            }
            #expect(model.inputs == calls)
            let report = try await db.audit()[0]
            #expect(report.fresh == 1 && report.failed == 1)
        }
    }

    /// Its prediction makes it deeper than MongoDB takes.
    @Test(arguments: [Way.insert, .scan, .replace])
    func anOutputThatIsTooDeepIsParked(way: Way) async throws {
        try await withDatabase { db in
            let model = Echo()
            let tally = Tally()
            try await db.add(Listener(model: model, on: docs, key: "value"))
            try await db.add(Listener(model: tally, on: docs, key: "value"))
            try await way.bring(
                (170..<179).map { ["_id": BSONValue($0), "value": LaxBSON.nested($0)] }
                    + [["_id": 1, "value": 1]], to: db)
            let reports = try await db.audit()
            #expect(reports[0].fresh + reports[0].failed == 10)
            #expect(reports[0].failed > 0 && reports[0].fresh > 1)
            #expect(reports[1].fresh == 10)
            #expect(tally.inputs == 10)
            #expect(try await db.failures().allSatisfy { $0.reason.contains("MongoDB refuses the output") })
        }
    }

    // 400,000 long names, which their places in the event's list make longer than the document that held them.
    @Test
    func anUpdateWhoseEventIsTooLargeIsFollowed() async throws {
        try await withDatabase { db in
            let model = Tally()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                let names = BSONDocument(
                    (0..<400_000).map { (String($0 + 1_000_000) + String(repeating: "n", count: 26), 1) })
                try await db[docs].insertMany([
                    LaxBSON.document([("_id", 1), ("text", "a")], and: names), ["_id": 2, "text": "b"],
                ])
                try await watcher.waitUntilFresh()
                try db.update(["_id": 1], ["$unset": BSONValue(names)])
                try db.update(["_id": 1], ["$set": ["text": "changed"]])
                try db.update(["_id": 2], ["$set": ["text": "after it"]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.one(1)?[path: "_outputs.text.size"]?.int == 12)
                #expect(try await db.one(2)?[path: "_outputs.text.size"]?.int == 13)
            }
            #expect(try await db.audit()[0].fresh == 2)
        }
    }
}

/// An output of that many bytes for every input.
final class Wide: Model {
    let name = "wide"
    private let output: String
    private let tally = Tally()

    init(_ bytes: Int) {
        output = String(repeating: "w", count: bytes)
    }

    func predict(_ inputs: [BSONValue]) async throws -> [String] {
        _ = try await tally.predict(inputs)
        return inputs.map { _ in output }
    }

    var inputs: Int { tally.inputs }
}
