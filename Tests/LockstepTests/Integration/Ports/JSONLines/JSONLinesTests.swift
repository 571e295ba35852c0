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

    private struct DiskFull: Error {}

    private static let errors: [any Error] = [SinkError.unavailable("the disk is full"), DiskFull()]

    @Test(arguments: [JSONLines.Question.delivery, .evidence])
    func aSinkThatFailsIsTriedAgainAndTheModelIsNot(question: JSONLines.Question) async throws {
        try await withDatabase { db in
            let (store, model) = (JSONLines(URL.temporaryFolder()), TextLength())
            try db.setListeners([
                Listener(
                    model: AnyModel(model), on: docs, keys: ["text"], as: nil, where: nil, store: store)
            ])
            let sink = store.sink(of: "docs/text/length")
            // What a scan meets, and what the stream brings.
            store.troubles.add(Self.errors, to: question)
            try await db[docs].insertMany((0..<3).map { ["_id": BSONValue($0), "text": BSONValue("\($0)")] })
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                #expect(store.troubles.areOver)
                store.troubles.add(Self.errors, to: question)
                try await db[docs].insertMany(
                    (3..<6).map { ["_id": BSONValue($0), "text": BSONValue("\($0)")] })
                try await watcher.waitUntilFresh()
                #expect(store.troubles.areOver)
                #expect(watcher.status().listeners.map(\.state) == [.ok])
            }
            #expect(try sink.outputs(of: (0..<6).map { DocumentKey(BSONValue($0)) }).count == 6)
            #expect(model.inputs.sorted() == (0..<6).map(String.init))
        }
    }

    @Test func aRepairEndsWithWhatASinkThrows() async throws {
        try await withDatabase { db in
            let store = JSONLines(URL.temporaryFolder())
            try db.setListeners([
                Listener(
                    model: AnyModel(TextLength()), on: docs, keys: ["text"], as: nil, where: nil, store: store
                )
            ])
            try await db[docs].insertMany([["_id": 1, "text": "abc"]])
            store.troubles.add([SinkError.unavailable("the disk is full")], to: .delivery)
            let error = await #expect(throws: LockstepError.self) {
                try await DatabaseWatcher(db: db).repair()
            }
            #expect(error?.description.contains("the disk is full") == true)
        }
    }

    /// Whatever asks for outputs asks where they are.
    @Test func whatTheDocumentsRefuseOrHoldDoesNotMatter() async throws {
        try await withFile { db, model, _, stored in
            try db.command([
                "create": "docs",
                "validator": [
                    "$jsonSchema": [
                        "properties": ["_id": [:], "text": [:], "in": [:]], "additionalProperties": false,
                    ]
                ],
            ])
            try await db[docs].insertMany((0..<3).map { ["_id": BSONValue($0), "text": "abc", "in": true] })
            #expect(try await db.listenerCheck.ruleWarnings().isEmpty)
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            try await db.distrust([0, 2], of: db.listeners[0])
            #expect(try await db.audit()[0].isFresh == false)
            try await DatabaseWatcher(db: db).repair()
            #expect(try await db.audit()[0].isFresh)
            #expect(try stored() == [0: 3, 1: 3, 2: 3])
            #expect(model.inputs.count == 5)
        }
    }

    @Test func listenersWithOutputsElsewhereAreInNobodysWay() async throws {
        try await withDatabase { db in
            func listener(_ name: String?, store: (any OutputStore)?, key: FieldPath = "text") -> Listener {
                Listener(
                    model: AnyModel(TextLength()), on: docs, keys: [key], as: name, where: nil, store: store)
            }
            let store = JSONLines(URL.temporaryFolder())
            let below = "size.length.of"
            // One output inside the other's, in the documents.
            #expect(throws: LockstepError.self) {
                try db.setListeners([listener("size", store: nil), listener(below, store: nil)])
            }
            try db.setListeners([listener("size", store: nil), listener(below, store: store)])
            for other in [store, nil] as [JSONLines?] {
                #expect(
                    throws: LockstepError.badListener(
                        "two listeners are `docs/size/length`: name one of them with `as`")
                ) {
                    try db.setListeners([listener("size", store: store), listener("size", store: other)])
                }
            }
            // Nobody can read from the document what is not there.
            #expect(throws: LockstepError.self) {
                try db.setListeners([
                    listener("size", store: store),
                    listener("twice", store: nil, key: "_outputs.size.length"),
                ])
            }
        }
    }

    @Test func moreOutputsThanTheQueueHoldsAreSweptAsThereIsRoom() async throws {
        try await withDatabase { db in
            let (store, keys) = (
                JSONLines(URL.temporaryFolder()), (0..<5000).map { DocumentKey(BSONValue($0)) }
            )
            try db.setListeners([
                Listener(
                    model: AnyModel(TextLength()), on: docs, keys: ["text"], as: nil, where: nil, store: store
                )
            ])
            let sink = store.sink(of: "docs/text/length")
            try await db[docs].insertMany(keys.map { ["_id": $0.id, "text": "abc"] })
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try sink.outputs(of: keys).count == keys.count)
            try await db[docs].deleteMany(["_id": ["$gt": 0]])
            // Another watcher has no position to go on from, and scans.
            let options = WatcherOptions(identifier: "another", queueBytes: 1 << 16)
            try await watching(db, options: options) { watcher in
                try await eventually("they are removed") {
                    // A page where there is room for one, and one in hand.
                    #expect(watcher.info().waiting < 3 * ScanPlace.pageSize)
                    return try sink.outputs(of: keys).count == 1
                }
            }
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
