@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Likely mistakes are reported, with what was probably meant.
@Suite struct WarningTests {
    private func warnings(_ db: Database, _ listener: Listener) async throws -> [ListenerWarning] {
        try await db.listenerCheck.warnings(about: [listener])
    }

    private func listener(
        on collection: String = "docs", _ key: String = "text", where filter: BSONDocument? = nil
    ) -> Listener {
        Listener(model: TextLength(), on: Collection(collection), key: key, where: filter)
    }

    @Test func eachMistakeIsToldAndWhatIsRightIsNot() async throws {
        try await withDatabase { db in
            #expect(try await warnings(db, listener()).map(\.code) == ["emptyDatabase"])
            try await db[docs].insertMany(
                (0..<20).map { ["_id": BSONValue($0), "text": "abc", "lang": "en", "meta": ["title": "t"]] })
            try db.command(["create": "empty"])
            let cases: [(Listener, code: String?, says: String)] = [
                (listener(), nil, ""),
                (listener(where: ["lang": "en"]), nil, ""),
                (listener(on: "empty"), nil, ""),
                (listener(on: "dcos"), "noCollection", "Did you mean `docs`?"),
                (listener(on: "articles"), "noCollection", "There are `docs`, `empty`."),
                (listener("txet"), "noKey", "Did you mean `text`?"),
                (
                    listener("title"), "noKey",
                    "the documents have `lang`, `meta`, `meta.extra`, `meta.title`, `text`"
                ),
                (listener("meta.titel"), "noKey", "Did you mean `meta.title`?"),
                (listener(where: ["lang": "EN"]), "noMatch", "`where` matches no document of `docs`"),
                (listener("txet", where: ["lang": "en"]), "noKey", "Did you mean `text`?"),
                (
                    listener("meta.extra", where: ["lang": "de"]), "noInput",
                    "no document of `docs` that `where` matches has a value at `meta.extra`"
                ),
                (
                    Listener(model: TextLength(), on: docs, keys: ["text", "tilte"], as: "both"), "noKey",
                    "no document of `docs` has a value at `tilte`"
                ),
                (
                    Listener(model: TextLength("sum"), on: docs, key: "_outputs.text.length", as: "sum"), nil,
                    ""
                ),
            ]
            try await db[docs].insertMany([
                ["_id": 50, "lang": "fr", "meta": ["extra": 1]], ["_id": 51, "lang": "de"],
            ])
            for (listener, code, text) in cases {
                let found = try await warnings(db, listener)
                #expect(found.map(\.code) == (code.map { [$0] } ?? []), "\(listener.id): \(found)")
                #expect(text.isEmpty || found.first?.description.contains(text) == true, "\(found)")
            }
        }
    }

    @Test func outputsThatAChangedFilterRemovesAreToldBefore() async throws {
        try await withDatabase { db in
            try await db.add(listener())
            try await db[docs].insertMany(
                (0..<30).map { ["_id": BSONValue($0), "text": "abc", "lang": $0 < 10 ? "en" : "de"] })
            try await watching(db) { try await $0.waitUntilQuiet() }
            #expect(try await db.warnings().isEmpty)
            // The name under which the checkpoint of this watcher stands.
            func told(_ listener: Listener) async throws -> [ListenerWarning] {
                try await db.listenerCheck.warnings(about: [listener])
            }
            #expect(try await told(listener(where: ["lang": ["$in": ["en", "de"]]])).isEmpty)
            let some = try await told(listener(where: ["lang": "en"]))
            #expect(some.map(\.code) == ["removals"])
            #expect(some.first?.message.hasPrefix("20 outputs are removed from `docs`") == true, "\(some)")
            let all = try await told(listener(where: ["lang": "fr"]))
            #expect(all.map(\.code) == ["noMatch", "removals"])
            #expect(all.last?.message.hasPrefix("30 outputs are removed from `docs`") == true, "\(all)")
        }
    }

    @Test func aFilterThatCannotBeEvaluatedOnSomeDocumentIsNoMistake() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany([
                ["_id": 1, "text": "abc"], ["_id": 2, "text": "abc", "tags": ["a"]],
            ])
            let filter: BSONDocument = ["$expr": ["$gte": [["$size": "$tags"], 1]]]
            #expect(try await warnings(db, listener(where: filter)).isEmpty)
        }
    }

    @Test func aWatcherTellsThemWhileSomebodyLooksAndForgetsThemWhenTheyAreRight() async throws {
        try await withDatabase { db in
            try await db[docs].insertMany([["_id": 1, "other": "abc"]])
            try await db.add(listener())
            try await watching(db) { watcher in
                try await eventually("it is told") { watcher.status().warnings.map(\.code) == ["noKey"] }
                try await db[docs].insertMany([["_id": 2, "text": "abc"]])
                try await eventually("it is told no more") { watcher.status().warnings.isEmpty }
            }
        }
    }
}
