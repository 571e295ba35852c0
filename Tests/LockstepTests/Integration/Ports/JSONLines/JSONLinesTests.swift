import Foundation
import Lockstep
import LockstepCore
import MongoBSON
import TestModels
import TestSupport
import Testing

/// A second sink in the real engine: the outputs arrive in its file and stay right.
@Suite struct JSONLinesTests {
    private func withFile(
        _ body: (Database, TextLength, @escaping () throws -> Void, () throws -> [BSONValue: Int])
            async throws -> Void
    ) async throws {
        try await withDatabase { db in
            let (folder, model) = (URL.temporaryFolder(), TextLength())
            // Each start reads the file anew.
            func listen() throws {
                try db.setListeners([
                    Listener(
                        model: AnyModel(model), on: docs, keys: ["text"], as: nil, where: ["in": true],
                        store: JSONLines(folder))
                ])
            }
            try listen()
            let file = JSONLines(folder).file(of: "docs/text/length")
            try await body(db, model, listen) {
                let sink = try JSONLinesSink(file)
                return try sink.examples(of: "1").reduce(into: [:]) { $0[$1.key.id] = $1.output.int }
            }
        }
    }

    @Test func outputsAreRightAfterChangesDeletesAndRestarts() async throws {
        try await withFile { db, model, listen, stored in
            try await db[docs].insertMany(
                (0..<5).map { ["_id": BSONValue($0), "text": "abc", "in": BSONValue($0 != 4)] })
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try stored() == [0: 3, 1: 3, 2: 3, 3: 3])
                try db.update(["_id": 0], ["$set": ["text": "longer"]])
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await db[docs].deleteMany(["_id": 2])
                try db.update(["_id": 3], ["$set": ["in": false]])
                try db.update(["_id": 4], ["$set": ["in": true]])
                try await db[docs].insertMany([["_id": 5, "text": "five!", "in": true]])
                try await watcher.waitUntilFresh()
                #expect(try stored() == [0: 6, 4: 3, 5: 5])
                try await db[docs].replaceOne(["_id": 5], ["_id": 5, "in": true])
                try await watcher.waitUntilFresh()
                #expect(try stored() == [0: 6, 4: 3])
                #expect(try await db.audit()[0].isFresh)
            }
            // The documents hold nothing of Lockstep's.
            #expect(try await db.one(0)?["_outputs"] == nil)
            let asked = model.inputs.count
            // While nobody watches: a change, one that goes, one that comes.
            try db.update(["_id": 0], ["$set": ["text": "other"]])
            try await db[docs].deleteMany(["_id": 4])
            try await db[docs].insertMany([["_id": 6, "text": "sixth", "in": true]])
            try listen()
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(try stored() == [0: 5, 6: 5])
            }
            // What was fresh was not asked again.
            #expect(model.inputs.count == asked + 2)
        }
    }

    @Test func aScanFindsOutputsOfDocumentsThatAreGone() async throws {
        try await withFile { db, _, listen, stored in
            try await db[docs].insertMany((0..<3).map { ["_id": BSONValue($0), "text": "abc", "in": true] })
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            try await db[docs].deleteMany(["_id": 1])
            try listen()
            // Another watcher has no position to go on from, and scans.
            try await watching(db, options: WatcherOptions(identifier: "another")) { watcher in
                try await eventually("it is removed") { try stored() == [0: 3, 2: 3] }
            }
        }
    }
}
