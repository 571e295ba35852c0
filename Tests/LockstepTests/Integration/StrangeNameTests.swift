import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Testing
import TestModels

/// Field names that no well-behaved client writes: empty, dotted, with dollars, twice, no UTF-8.
@Suite struct StrangeNameTests {
    /// Documents and, for `meta.title` in each, the input.
    static let documents: [(fields: BSONDocument, input: BSONValue?)] = [
        (["meta": ["": "no", "title": "yes"]], "yes"),
        (["meta": ["": "no"]], nil),
        (["": ["title": "no"], "meta": ["title": "yes"]], "yes"),
        (["meta.title": "no"], nil),
        (["meta.title": "no", "meta": ["title": "yes"]], "yes"),
        (["meta": ["title.": "no", ".title": "no", "title": "yes"]], "yes"),
        (["meta": ["$x": 1, "title": "yes"]], "yes"),
        (["meta": ["title": ["$x": 1, "a.b": 2, "": 3]]], ["$x": 1, "a.b": 2, "": 3]),
        (["$x": ["meta": 1], "meta": ["title": "yes"]], "yes"),
        (
            LaxBSON.document([(name: [0xFF], value: 1), (name: Array("meta".utf8), value: ["title": "yes"])]),
            "yes"
        ),
        (
            [
                "meta": BSONValue(
                    LaxBSON.document([
                        (name: [0xC0, 0x80], value: 1), (name: Array("title".utf8), value: "yes"),
                    ]))
            ], "yes"
        ),
        (["meta": [["title": "a"], ["": 1], ["title": "b"]]], ["a", "b"]),
        (["meta": ["0": ["title": "no"], "title": "yes"]], "yes"),
    ]

    @Test(arguments: Way.allCases)
    func onlyTheNameItselfCounts(way: Way) async throws {
        // MongoDB takes a dollar at the beginning by insert alone, an empty name or a dot by insert and replace.
        let documents = Self.documents.filter { fields, _ in
            switch way {
            case .insert, .scan: true
            case .replace: !fields.contains { $0.key.hasPrefix("$") }
            case .set: !fields.contains { $0.key.isEmpty || $0.key.contains(".") || $0.key.hasPrefix("$") }
            }
        }
        try await withDatabase { db in
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: "meta.title"))
            try await way.bring(
                documents.enumerated().map { index, document in
                    LaxBSON.document([("_id", BSONValue(index))], and: document.fields)
                }, to: db)
            for (index, document) in documents.enumerated() {
                let stored = try #require(try await db.one(BSONValue(index)))
                #expect(
                    stored[path: "_outputs.meta.title.echo.of"] == document.input,
                    "\(way): \(document.fields)")
            }
            #expect(model.inputs.count == documents.count { $0.input != nil })
            #expect(try await db.failures().isEmpty)
            #expect(try await db.audit()[0].right == documents.count)
        }
    }

    /// Which of two fields of one name counts is MongoDB's to say; every part of Lockstep must hear the same.
    static let twice: [BSONDocument] = [
        LaxBSON.document([("text", "first"), ("text", "second")]),
        LaxBSON.document([("text", nil), ("text", "second")]),
        LaxBSON.document([("text", "first"), ("text", nil)]),
        LaxBSON.document([("text", ["a"]), ("text", "second")]),
        LaxBSON.document([("text", "first"), ("text", ["a": 1])]),
        LaxBSON.document([("text", "first"), ("meta", 1), ("text", "first")]),
        LaxBSON.document([("meta", ["text": "first"]), ("text", "t"), ("meta", ["text": "second"])]),
        LaxBSON.document([("text", "t"), ("meta", 1), ("meta", ["text": "second"])]),
        ["text": "t", "meta": BSONValue(LaxBSON.document([("text", "first"), ("text", "second")]))],
        ["text": "t", "meta": BSONValue(LaxBSON.document([("text", nil), ("text", "second")]))],
    ]

    @Test(arguments: [Way.insert, .scan, .replace])
    func aFieldThatIsThereTwiceIsNeitherStaleNorALoop(way: Way) async throws {
        try await withDatabase { db in
            let (top, nested, pair) = (Echo(), Tally(), Tally("pair"))
            try await db.add(Listener(model: top, on: docs, key: "text"))
            try await db.add(Listener(model: nested, on: docs, key: "meta.text"))
            try await db.add(Listener(model: pair, on: docs, keys: ["text", "meta.text"], as: "both"))
            try await way.bring(
                Self.twice.enumerated().map { LaxBSON.document([("_id", BSONValue($0))], and: $1) }, to: db)
            let failures = try await db.failures().map(\.document)
            #expect(failures.isEmpty, "\(way): \(failures)")
            for report in try await db.audit() {
                #expect(report.right == Self.twice.count, "\(way): \(report)")
            }
            #expect(top.inputs.count <= Self.twice.count)
            #expect(nested.inputs <= Self.twice.count)
            #expect(pair.inputs <= Self.twice.count)
            let calls = top.inputs.count + nested.inputs + pair.inputs
            // Another daemon, which has to look at everything, agrees.
            try await watching(db, options: WatcherOptions(identifier: "another")) { watcher in
                try await watcher.waitUntilQuiet()
            }
            #expect(top.inputs.count + nested.inputs + pair.inputs == calls)
        }
    }

    @Test func aFieldThatIsThereTwiceIsFollowed() async throws {
        try await withDatabase { db in
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([
                    LaxBSON.document([("_id", 1), ("text", "first"), ("text", "second")])
                ])
                try await watcher.waitUntilFresh()
                try db.update(["_id": 1], ["$set": ["text": "third"]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.audit()[0].fresh == 1)
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.audit()[0].fresh == 1)
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.one(1)?["text"] == nil)
                #expect(try await db.one(1)?[path: "_outputs.text.echo"] == nil)
                #expect(try await db.audit()[0].right == 1)
                #expect(model.inputs.count <= 3)
            }
        }
    }
}

extension LaxBSON {
    /// Some elements, then those of `rest` with their names as they are.
    static func document(_ first: [(String, BSONValue)], and rest: BSONDocument) -> BSONDocument {
        let elements = rest.withView { view in
            view.map { (name: Array($0.key), value: BSONValue(copying: $0)) }
        }
        return document(first.map { (name: Array($0.utf8), value: $1) } + elements)
    }
}
