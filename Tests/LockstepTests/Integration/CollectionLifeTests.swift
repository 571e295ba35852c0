import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Collections that are dropped, renamed, replaced and made again while documents are being predicted.
@Suite struct CollectionLifeTests {
    private static let others = Collection("others")

    private func rename(_ db: Database, _ from: String, to: String, dropTarget: Bool = false) throws {
        _ = try db.connection.run(
            [
                "renameCollection": BSONValue("\(db.name).\(from)"), "to": BSONValue("\(db.name).\(to)"),
                "dropTarget": BSONValue(dropTarget),
            ], on: "admin", operation: "renameCollection")
    }

    private func documents(_ ids: Range<Int>, _ text: String) -> [BSONDocument] {
        ids.map { ["_id": BSONValue($0), "text": BSONValue(text)] }
    }

    @Test func aCollectionThatDoesNotExistYetIsFollowedFromItsFirstDocumentOn() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                // Made with a collation, which is asked for again once it is there.
                try db.command(["create": "docs", "collation": ["locale": "en", "strength": 1]])
                try await db[docs].insertMany(documents(0..<10, "abc"))
                try await watcher.waitUntilQuiet()
            }
            #expect(try await db.audit()[0].fresh == 10)
            #expect(model.inputs.count == 10)
        }
    }

    @Test func whatIsParkedGoesWithItsCollectionAlone() async throws {
        for ending in ["drop", "rename", "dropTarget"] {
            try await withDatabase { db in
                let model = Fragile()
                model.become(.refuses("bad"))
                try await db.add(Listener(model: model, on: docs, key: "text"))
                try await db.add(Listener(model: model, on: Self.others, key: "text"))
                try await watching(db) { watcher in
                    for collection in [docs, Self.others] {
                        try await db[collection].insertMany(
                            documents(0..<3, "bad") + documents(3..<5, "good"))
                    }
                    try await db["staging"].insertMany(documents(1..<4, "good") + documents(4..<5, "bad"))
                    try await watcher.waitUntilQuiet()
                    #expect(try await db.failures().count == 6)
                    switch ending {
                    case "drop": try db.command(["drop": "docs"])
                    case "rename": try rename(db, "docs", to: "elsewhere")
                    default: try rename(db, "staging", to: "docs", dropTarget: true)
                    }
                    let left = ending == "dropTarget" ? [4] : []
                    try await eventually("what was parked of it is gone") {
                        try await db.failures().filter { $0.listener.hasPrefix("docs/") }
                            .compactMap(\.documentID.int) == left
                    }
                    try await watcher.waitUntilQuiet()
                    #expect(try await db.failures().filter { $0.listener.hasPrefix("others/") }.count == 3)
                }
                let reports = try await db.audit()
                #expect(reports[0].fresh == (ending == "dropTarget" ? 3 : 0))
                #expect(reports[1].fresh == 2 && reports[1].failed == 3)
            }
        }
    }

    /// Its documents bring their outputs along: what was parked under the same `_id` is over, and no model is called.
    @Test
    func aFreshDocumentThatComesByARenameIsNotParked() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "good"]])
                try await watcher.waitUntilQuiet()
                try rename(db, "docs", to: "old")
                try await db[docs].insertMany([["_id": 1, "text": "bad"]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().count == 1)
                let calls = model.calls
                try rename(db, "old", to: "docs", dropTarget: true)
                try await eventually("what was parked is gone") { try await db.failures().isEmpty }
                #expect(model.calls == calls)
            }
            #expect(try await db.audit()[0].fresh == 1)
        }
    }

    @Test func aCollectionThatGoesWhileItsDocumentsArePredictedDoesNotComeBack() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(documents(0..<10, "abc"))
                try await eventually("the model has some") { !model.entered.isEmpty }
                try db.command(["drop": "docs"])
                model.open()
                try await watcher.waitUntilQuiet()
                #expect(try await db[docs].find().isEmpty)
                #expect(try await db.inspection.collectionKinds()["docs"] == nil)
                #expect(try await db.failures().isEmpty)
            }
        }
    }

    @Test func aCollectionThatIsMadeAgainWithAnotherCollationIsComparedByItsBytes() async throws {
        try await withDatabase { db in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text", where: ["lang": "en"]))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": "A", "text": "plain", "lang": "en"]])
                try await eventually("the model has the first") { model.entered == ["plain"] }
                try db.command(["drop": "docs"])
                try db.command(["create": "docs", "collation": ["locale": "en", "strength": 1]])
                try await db[docs].insertMany([
                    ["_id": "A", "text": "PLAIN", "lang": "en"], ["_id": "B", "text": "b", "lang": "EN"],
                ])
                // The answer to "plain" must not stand beside "PLAIN", though the collection holds them equal.
                model.open()
                try await watcher.waitUntilQuiet()
                #expect(model.entered == ["plain", "PLAIN"])
                #expect(try await db.one("B")?["_outputs"] == nil)
            }
            #expect(try await db.audit()[0].right == 2)
        }
    }

    /// How far the old one was scanned says nothing about the new one.
    @Test func aCollectionThatIsMadeAgainIsLookedThroughFromItsBeginning() async throws {
        try await withDatabase { db in
            let (model, calls) = (TextLength(), Counter())
            let stalls = ClosureModel("stalls", limits: BatchLimits(count: 100, concurrency: 1)) {
                (texts: [String]) in
                calls.add(texts.count)
                if texts.first == "old", calls.value > 1500 { throw ModelError.unavailable("out") }
                return try await model.predict(texts)
            }
            try await db.add(Listener(model: stalls, on: docs, key: "text"))
            try await db[docs].insertMany(documents(0..<3000, "old"))
            try await watching(db, options: WatcherOptions(drainTimeout: .milliseconds(10))) { _ in
                try await eventually("a part is scanned, and saved") {
                    try await db.daemon.checkpoint()?.listeners["docs/text/stalls"]?.after != nil
                }
            }
            try db.command(["drop": "docs"])
            try await db[docs].insertMany(documents(0..<50, "new"))
            try await watching(db) { watcher in try await watcher.waitUntilQuiet() }
            let progress = try await db.daemon.checkpoint()?.listeners["docs/text/stalls"]
            #expect(progress?.isComplete == true && progress?.after == nil)
            #expect(model.inputs.filter { $0 == "new" }.count == 50)
            #expect(try await db.audit()[0].fresh == 50)
        }
    }

    /// A scan of everything meets what is no collection; also one whose parked documents are still listed.
    @Test(arguments: ["view", "timeseries"])
    func aLookThroughEverythingPassesOverWhatIsNoCollection(kind: String) async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength("other"), on: Self.others, key: "text"))
            try db.command(
                kind == "view"
                    ? ["create": "docs", "viewOn": "source", "pipeline": []]
                    : ["create": "docs", "timeseries": ["timeField": "at"]])
            try await db[kind == "view" ? "source" : docs].insertMany([
                ["_id": 7, "text": "abcd", "at": BSONValue(millisecondsSince1970: 0)]
            ])
            try await db[Self.others].insertMany(documents(0..<5, "abc"))
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(try await db[Self.others].find(["_outputs": ["$exists": true]]).count == 5)
                #expect(model.inputs.isEmpty)
                #expect(watcher.isAvailable())
            }
        }
    }

    /// One after another, with documents in hand, and on two watched collections at once.
    @Test func manyEndsInARowLeaveEverythingFresh() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength("other"), on: Self.others, key: "text"))
            try await watching(db) { watcher in
                for round in 0..<3 {
                    try await db[docs].insertMany(documents(0..<50, "docs \(round)"))
                    try db.command(["drop": "docs"])
                    try await db[docs].insertMany(documents(20..<60, "again \(round)"))
                    // From a watched name to a watched one.
                    try rename(db, "docs", to: "others", dropTarget: true)
                    try await db[docs].insertMany(documents(0..<30, "third \(round)"))
                    try rename(db, "others", to: "away", dropTarget: true)
                    try rename(db, "docs", to: "others")
                    try rename(db, "away", to: "docs")
                    try await db[docs].insertMany(documents(100..<110, "last \(round)"))
                    if round < 2 {
                        try db.command(["dropDatabase": 1])
                        try await db[Self.others].insertMany(documents(0..<10, "others"))
                    }
                }
                try await eventually("everything is fresh") {
                    try await watcher.waitUntilFresh()
                    return try await db.audit().allSatisfy { $0.fresh == $0.documents }
                }
                let reports = try await db.audit()
                #expect(reports.map(\.documents) == [50, 30])
                let calls = model.inputs.count
                try await watcher.waitUntilQuiet()
                #expect(model.inputs.count == calls)
            }
        }
    }

    /// The watched name stands for something else for a while: neither an end nor a loop, and the others go on.
    @Test(arguments: ["view", "timeseries"])
    func aCollectionThatGivesWayToAnotherKindIsPassedOver(kind: String) async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db.add(Listener(model: TextLength("other"), on: Self.others, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(documents(0..<5, "abc"))
                try await db[Self.others].insertMany(documents(0..<5, "abc"))
                try await watcher.waitUntilFresh()
                try db.command(["drop": "docs"])
                try db.command(
                    kind == "view"
                        ? ["create": "docs", "viewOn": "source", "pipeline": []]
                        : ["create": "docs", "timeseries": ["timeField": "at"]])
                try await db[kind == "view" ? "source" : docs].insertMany([
                    ["_id": 7, "text": "abcd", "at": BSONValue(millisecondsSince1970: 0)]
                ])
                try await db[Self.others].insertMany(documents(5..<10, "abc"))
                try await watcher.waitUntilQuiet()
                #expect(try await db[Self.others].find(["_outputs": ["$exists": true]]).count == 10)
                #expect(watcher.isAvailable())
                #expect(model.inputs.count == 5)
                try db.command(["drop": "docs"])
                try await db[docs].insertMany(documents(0..<3, "abcde"))
                try await watcher.waitUntilQuiet()
                #expect(model.inputs.count == 8)
                #expect(watcher.isAvailable())
            }
            #expect(try await db.audit().map(\.fresh) == [3, 10])
            #expect(try await db.failures().isEmpty)
        }
    }
}
