@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels

@Suite struct RouteTests {
    private let route = ListenerRoute(
        Listener(
            model: TextLength(), on: "docs", keys: ["text", "meta.title"], as: "size", where: ["lang": "en"]))

    private func interest(
        updated: BSONDocument = [:], removed: [String] = [], truncated: [String] = []
    ) -> ListenerRoute.Interest {
        let event: BSONDocument = [
            "operationType": "update", "ns": ["db": "d", "coll": "docs"], "documentKey": ["_id": 1],
            "updateDescription": [
                "updatedFields": BSONValue(updated),
                "removedFields": BSONValue(removed.map { BSONValue($0) }),
                "truncatedArrays": BSONValue(truncated.map { ["field": BSONValue($0), "newSize": 1] }),
            ],
        ]
        return event.withView { route.interest(inUpdate: StreamEvent($0)) }
    }

    static let updates: [(BSONDocument, ListenerRoute.Interest)] = [
        (["text": "x"], .read),
        (["views": 1], .none),
        (["textual": 1], .none),
        (["meta": ["title": "x"]], .read),
        (["meta.title": "x"], .read),
        (["meta.title.sub": "x"], .read),
        (["meta.other": "x"], .none),
        (["meta.0.title": "x"], .read),
        (["meta.3": "x"], .read),
        (["text.3": "x"], .read),
        (["lang": "de"], .read),
        (["_outputs.size.length": 1], .force),
        (["_outputs": 1], .force),
        (["_outputs.other.length": 1], .none),
        (["_outputs.size.length": 1, "_lockstep.size.length": ["a": 1]], .read),
        (["_lockstep.size.length.at": 1], .force),
        (["_outputs": ["x": 1], "_lockstep": ["x": 1]], .read),
    ]

    @Test(arguments: updates)
    func anUpdateConcernsTheListenerByThePathsItTouches(
        updated: BSONDocument, expected: ListenerRoute.Interest
    ) {
        #expect(interest(updated: updated) == expected)
    }

    @Test func everyPathOfAnUpdateCounts() {
        #expect(interest(updated: ["views": 1, "text": "x", "z": 1]) == .read)
        #expect(interest(updated: ["views": 1, "_outputs.size.length": 1]) == .force)
        #expect(interest(updated: ["views": 1], removed: ["a", "text"]) == .read)
        #expect(interest(removed: ["a"], truncated: ["b", "meta"]) == .read)
    }

    @Test func removedFieldsAndTruncatedArraysAreTouchedToo() {
        #expect(interest(removed: ["text"]) == .read)
        #expect(interest(removed: ["views"]) == .none)
        #expect(interest(removed: ["_outputs"]) == .force)
        // Without its provenance an output is stale, and whoever looks sees it.
        #expect(interest(removed: ["_lockstep.size.length"]) == .read)
        #expect(interest(removed: ["_lockstep", "_outputs"]) == .read)
        #expect(
            interest(updated: ["_lockstep.size.length.at": 1], removed: ["_lockstep.size.length.x"]) == .force
        )
        #expect(interest(updated: ["_outputs.size.length": 1], removed: ["_lockstep.size.length"]) == .read)
        #expect(interest(truncated: ["meta"]) == .read)
        #expect(interest(truncated: ["tags"]) == .none)
    }

    @Test func filterFieldsAreFoundInEveryFormOfFilter() {
        let filter: BSONDocument = [
            "$or": [["a": 1], ["b.c": ["$gt": 2]]], "d.0": 1, "$nor": [["e": 1]], "$comment": "why",
        ]
        let paths = FilterPaths(filter)
        #expect(Set(paths.paths.map(\.text)) == ["a", "b.c", "d", "e"])
        #expect(!paths.readsAnything)
        let expression = FilterPaths(["$expr": ["$gt": ["$a.b", ["$add": ["$c", 1]]]]])
        #expect(Set(expression.paths.map(\.text)) == ["a.b", "c"])
        #expect(!expression.readsAnything)
        #expect(FilterPaths(["$expr": ["$gt": ["$$ROOT", 1]]]).readsAnything)
        #expect(FilterPaths(["$where": "true"]).readsAnything)
    }

    @Test func anInsertWithoutInputConcernsNobody() {
        let document: BSONDocument = ["_id": 1, "other": 1]
        #expect(document.withView { route.interest(inDocument: $0, carries: true).interest } == .none)
        let copied: BSONDocument = ["_id": 1, "_outputs": ["size": ["length": 3]]]
        #expect(copied.withView { route.interest(inDocument: $0, carries: true).interest } == .read)
    }
}
