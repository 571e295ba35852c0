import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels

/// Every kind of change, made as any client makes it.
@Suite struct ChangeTests {
    /// A listener on `key` with a model that echoes; gives what is stored for `_id` 1 after `change`.
    private func output(
        key: String = "text", of document: BSONDocument, after change: (Database) throws -> Void
    ) async throws -> (output: BSONValue?, provenance: BSONValue?, inputs: [BSONValue]) {
        var result: (BSONValue?, BSONValue?, [BSONValue]) = (nil, nil, [])
        try await withDatabase { db in
            let model = Echo()
            try await db.add(Listener(model: model, on: docs, key: key))
            try await watching(db) { watcher in
                try await db[docs].insertMany([document])
                try await watcher.waitUntilFresh()
                try change(db)
                try await watcher.waitUntilFresh()
                let found = try await db.one(1)
                result = (
                    found?[path: "_outputs.\(key).echo.of"], found?[path: "_lockstep.\(key).echo"],
                    model.inputs
                )
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == $0.documents })
        }
        return result
    }

    @Test func aSetIsPredictedAgain() async throws {
        let (output, _, inputs) = try await output(of: ["_id": 1, "text": "a"]) {
            try $0.update(["_id": 1], ["$set": ["text": "b"]])
        }
        #expect(output == "b")
        #expect(inputs == ["a", "b"])
    }

    @Test func aChangeAmongOthersIsFollowed() async throws {
        let (output, _, _) = try await output(of: ["_id": 1, "a": 0, "text": "a", "z": 0]) {
            try $0.update(["_id": 1], ["$set": ["a": 1, "text": "b", "z": 1]])
        }
        #expect(output == "b")
    }

    @Test func anUnsetTakesOutputAndProvenanceAway() async throws {
        let (output, provenance, _) = try await output(of: ["_id": 1, "text": "a"]) {
            try $0.update(["_id": 1], ["$unset": ["text": 1]])
        }
        #expect(output == nil)
        #expect(provenance == nil)
    }

    @Test func aNullTakesTheOutputAway() async throws {
        let (output, provenance, _) = try await output(of: ["_id": 1, "text": "a"]) {
            try $0.update(["_id": 1], ["$set": ["text": nil]])
        }
        #expect(output == nil)
        #expect(provenance == nil)
    }

    @Test func aPushIsAChangeOfTheArray() async throws {
        let (output, _, _) = try await output(key: "tags", of: ["_id": 1, "tags": ["a"]]) {
            try $0.update(["_id": 1], ["$push": ["tags": "b"]])
        }
        #expect(output == ["a", "b"])
    }

    @Test func anArrayElementIsAChangeOfTheArray() async throws {
        let (output, _, _) = try await output(key: "tags", of: ["_id": 1, "tags": ["a", "b"]]) {
            try $0.update(["_id": 1], ["$set": ["tags.1": "c"]])
        }
        #expect(output == ["a", "c"])
    }

    @Test func aTruncatedArrayIsAChange() async throws {
        // Long enough that the event brings the new length and not the whole array.
        let long = BSONValue(String(repeating: "a", count: 1000))
        let (output, _, _) = try await output(key: "tags", of: ["_id": 1, "tags": [long, "b", "c"]]) {
            try $0.update(["_id": 1], [["$set": ["tags": ["$slice": ["$tags", 1]]]]])
        }
        #expect(output == [long])
    }

    @Test func aNestedPathIsFollowed() async throws {
        let (output, _, _) = try await output(
            key: "meta.title", of: ["_id": 1, "meta": ["title": "a", "x": 1]]
        ) {
            try $0.update(["_id": 1], ["$set": ["meta.title": "b"]])
        }
        #expect(output == "b")
    }

    @Test func anAncestorThatIsOverwrittenIsAChange() async throws {
        let (output, _, _) = try await output(key: "meta.title", of: ["_id": 1, "meta": ["title": "a"]]) {
            try $0.update(["_id": 1], ["$set": ["meta": ["title": "b"]]])
        }
        #expect(output == "b")
    }

    @Test func anAncestorThatBecomesAScalarTakesTheOutputAway() async throws {
        let (output, provenance, _) = try await output(
            key: "meta.title", of: ["_id": 1, "meta": ["title": "a"]]
        ) {
            try $0.update(["_id": 1], ["$set": ["meta": 7]])
        }
        #expect(output == nil)
        #expect(provenance == nil)
    }

    @Test func anArrayOfDocumentsGivesTheArrayOfTheirValues() async throws {
        let (output, _, _) = try await output(key: "parts.name", of: ["_id": 1, "parts": [["name": "a"]]]) {
            try $0.update(["_id": 1], ["$push": ["parts": ["name": "b"]]])
        }
        #expect(output == ["a", "b"])
    }

    @Test func aPipelineUpdateIsPredictedAgain() async throws {
        let (output, _, _) = try await output(of: ["_id": 1, "text": "a"]) {
            try $0.update(["_id": 1], [["$set": ["text": ["$concat": ["$text", "b"]]]]])
        }
        #expect(output == "ab")
    }

    @Test func aRenameOfAFieldMovesTheInput() async throws {
        let (output, _, _) = try await output(of: ["_id": 1, "other": "a"]) {
            try $0.update(["_id": 1], ["$rename": ["other": "text"]])
        }
        #expect(output == "a")
    }

    @Test func aReplaceIsPredictedAgainThoughItWipesTheOutputs() async throws {
        let (output, provenance, inputs) = try await output(of: ["_id": 1, "text": "a"]) {
            _ = try $0.command([
                "update": "docs", "updates": [["q": ["_id": 1], "u": ["text": "a", "new": 1]]],
            ])
        }
        #expect(output == "a")
        #expect(provenance != nil)
        #expect(inputs == ["a", "a"])
    }

    @Test func unrelatedFieldsCostNoModelCall() async throws {
        let (output, _, inputs) = try await output(of: ["_id": 1, "text": "a"]) {
            try $0.update(["_id": 1], ["$set": ["views": 1]])
            try $0.update(["_id": 1], ["$inc": ["views": 1]])
            try $0.update(["_id": 1], ["$set": ["text": "a"]])
        }
        #expect(output == "a")
        #expect(inputs == ["a"])
    }

    @Test func whatOthersDoToOutputsIsMended() async throws {
        let damages: [BSONValue] = [
            ["$set": ["_outputs.text.echo": "junk"]],
            ["$unset": ["_outputs.text.echo": 1]],
            ["$unset": ["_lockstep.text.echo": 1]],
            ["$unset": ["_outputs": 1, "_lockstep": 1]],
            ["$set": ["_outputs": "junk"]],
            ["$set": ["_outputs": ["text": 7], "_lockstep": [1]]],
            ["$set": ["_outputs": ["text": ["echo": "junk"]], "_lockstep": ["text": ["echo": "junk"]]]],
            ["$set": ["_lockstep.text.echo.version": "0"]],
            ["$set": ["_outputs": [], "_lockstep": []]],
            ["$set": ["_outputs.text": [["plain": 1]]]],
        ]
        for damage in damages {
            let (output, provenance, _) = try await output(of: ["_id": 1, "text": "a"]) {
                try $0.update(["_id": 1], damage)
            }
            #expect(output == "a", "after \(damage)")
            #expect(provenance?.document?["version"] == "1", "after \(damage)")
        }
    }

    @Test func anOldProvenanceBroughtBackAloneDoesNotHideAWrongOutput() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: Echo(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "x"]])
                try await watcher.waitUntilFresh()
                let old = try #require(try await db.one(1)?["_lockstep"])
                try db.update(["_id": 1], ["$set": ["text": "y"]])
                try await watcher.waitUntilFresh()
                try db.update(["_id": 1], ["$set": ["text": "x", "_lockstep": old]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.echo.of"] == "x")
            }
        }
    }

    @Test func arraysAboveOurFieldsGoWithTheInput() async throws {
        let damages: [BSONValue] = [
            ["$unset": ["text": 1], "$set": ["_lockstep": []]],
            ["$unset": ["text": 1], "$set": ["_outputs.text": []]],
            ["$unset": ["text": 1], "$set": ["_outputs": ["text": [["echo": 1]]]]],
        ]
        for damage in damages {
            let (output, provenance, _) = try await output(of: ["_id": 1, "text": "a"]) {
                try $0.update(["_id": 1], damage)
            }
            #expect(output == nil, "after \(damage)")
            #expect(provenance == nil, "after \(damage)")
        }
    }

    @Test func anOldCopyOfOutputsBroughtBackIsMended() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: Echo(), on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "old"]])
                try await watcher.waitUntilFresh()
                let old = try #require(try await db.one(1))
                try db.update(["_id": 1], ["$set": ["text": "new"]])
                try await watcher.waitUntilFresh()
                let outputs = try #require(old["_outputs"])
                let provenance = try #require(old["_lockstep"])
                try db.update(["_id": 1], ["$set": ["_outputs": outputs, "_lockstep": provenance]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.echo.of"] == "new")
                let deep = try #require(old[path: "_outputs.text.echo"])
                let deepProvenance = try #require(old[path: "_lockstep.text.echo"])
                try db.update(
                    ["_id": 1], ["$set": ["_outputs.text.echo": deep, "_lockstep.text.echo": deepProvenance]])
                try await watcher.waitUntilFresh()
                #expect(try await db.one(1)?[path: "_outputs.text.echo.of"] == "new")
            }
        }
    }
}
