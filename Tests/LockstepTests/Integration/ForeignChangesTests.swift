@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Changes of collections that nobody watches.
@Suite struct ForeignChangesTests {
    /// The stages of the change streams that are open on the database.
    private func stages(_ db: Database) throws -> [Int] {
        let match: BSONDocument = [
            "cursor.tailable": true, "cursor.originatingCommand.$db": BSONValue(db.name),
        ]
        let reply = try db.connection.run(
            [
                "aggregate": 1, "cursor": [:],
                "pipeline": [["$currentOp": ["idleCursors": true]], ["$match": BSONValue(match)]],
            ],
            on: "admin", operation: "aggregate")
        return reply[path: "cursor.firstBatch"]?.array?.compactMap {
            $0.document?[path: "cursor.originatingCommand.pipeline"]?.array?.count
        } ?? []
    }

    @Test func theServerLeavesThemOutOnceTheyAreManyAndNothingIsMissed() async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.name, log: lines.logger)
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await watcher.waitUntilFresh()
                try await eventually("the stream is read whole") { try stages(db) == [1] }
                // Documents of both in turn, so that some come just when the stream is opened anew.
                let ballast = BSONValue(String(repeating: "x", count: 100_000))
                for round in 2...60 {
                    try await db[Collection("others")].insertMany([["of": ballast]])
                    try await db[docs].insertMany([
                        ["_id": BSONValue(round), "text": BSONValue(String(repeating: "b", count: round))]
                    ])
                }
                try await watcher.waitUntilFresh()
                try await eventually("the filter is there") { try stages(db) == [2] }
                try db.update(["_id": 1], ["$set": ["text": "once more"]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.length"]?.int == 9)
            }
            #expect(try await db.audit()[0].fresh == 60)
            #expect(model.inputs.count == 61)
            // Nothing was lost on the way, so nothing had to be looked for.
            #expect(lines.all.isEmpty, "\(lines.all)")
        }
    }

    /// Half of what is written is a memo's then. The place that was saved before may be of an event that is hidden now.
    @Test func theServerLeavesThemOutFromTheStartWhereThereIsAMemo() async throws {
        try await withDatabase { plain in
            let lines = LogLines()
            let db = try await Database.connect(
                try TestServer.uri(), database: plain.name, log: lines.logger)
            for hasMemo in [false, true] {
                let model = EchoProvider(hasMemo: hasMemo)
                try db.setListeners([
                    Listener(model: model, on: docs, keys: ["text"], as: nil, where: nil)
                ])
                try await watching(db) { watcher in
                    try await db[docs].insertMany([["text": hasMemo ? "b" : "a"]])
                    try await watcher.waitUntilFresh()
                    #expect(try stages(db) == [hasMemo ? 2 : 1])
                    try await db[Collection("others")].insertMany([["of": 1]])
                    // Nothing but events of other collections, Lockstep's own among them, comes from here on.
                    let saved = watcher.status().position
                    try await eventually("a place behind it is saved") {
                        watcher.status().position != saved
                    }
                }
                // The second finds what the first has done by its events alone.
                #expect(model.texts == [hasMemo ? "b" : "a"])
            }
            #expect(try await db.audit()[0].fresh == 2)
            #expect(lines.all.isEmpty, "\(lines.all)")
        }
    }
}
