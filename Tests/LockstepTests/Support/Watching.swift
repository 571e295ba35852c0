import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import TestModels
import TestSupport

/// Watches while `body` runs, then stops.
func watching(
    _ db: Database, options: WatcherOptions = WatcherOptions(), _ body: (DatabaseWatcher) async throws -> Void
) async throws {
    let watcher = DatabaseWatcher(db: db, options: options)
    try await watcher.watch()
    do {
        try await body(watcher)
    } catch {
        try? await watcher.stop()
        throw error
    }
    try await watcher.stop()
}

extension Database {
    /// A write as any other client would send it, past the library's own methods.
    @discardableResult
    func command(_ command: BSONDocument) throws -> BSONDocument {
        try connection.run(command, operation: command.first { _ in true }?.key ?? "")
    }

    func update(
        _ filter: BSONValue, _ update: BSONValue, collection: Collection = docs, upsert: Bool = false
    ) throws {
        let reply = try command([
            "update": BSONValue(collection.name),
            "updates": [
                ["q": filter, "u": update, "multi": BSONValue(!upsert), "upsert": BSONValue(upsert)]
            ],
        ])
        if let errors = reply["writeErrors"] { throw NeverHappened(what: "an update without \(errors)") }
    }

    /// The output at a path below `_outputs`, if it is a whole number.
    func output(_ path: String, of id: BSONValue) async throws -> Int? {
        try await one(id)?[path: "_outputs.\(path)"]?.int
    }

    func one(_ id: BSONValue, in collection: Collection = docs) async throws -> BSONDocument? {
        try await self[collection].find(["_id": ["$eq": id]]).first
    }
}

extension ListenerReport {
    /// Documents that are as they should be: with a fresh output, or without input and output.
    var right: Int {
        fresh + withoutInput - extra
    }

    /// Documents with and without an input.
    var all: Int {
        documents + withoutInput
    }
}
