import Lockstep
import Testing

@Suite struct WatcherTests {
    let docs = Collection("docs")

    @Test func anInsertedDocumentIsPredicted() async throws {
        try await withDatabase { db in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            let watcher = DatabaseWatcher(db: db, on: docs)
            try await watcher.watch()
            #expect(watcher.isAvailable())
            try await db[docs].insertMany([["_id": 1, "text": "hello"]])
            try await watcher.waitUntilFresh(timeout: .seconds(10))
            let document = try #require(try await db[docs].find().first)
            #expect(document[path: "_outputs.text.length"]?.int == 5)
            #expect(document[path: "_lockstep.text.length.version"]?.string == "1")
            #expect(model.inputs == ["hello"])
            #expect(watcher.info().inserts == 1)
            try await watcher.stop()
            #expect(!watcher.isAvailable())
        }
    }
}
