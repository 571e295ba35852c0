@testable import Lockstep
@testable import LockstepCore
@testable import LockstepSinks
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Filters in the form that no collation touches: they must match what the filter matches byte by byte.
@Suite struct FilterFormTests {
    static let formed: [(BSONDocument, BSONDocument)] = [
        (["a": 1], ["a": 1]),
        (["a": "x"], ["a": ["$in": [regex(#"\Ax\z"#)]]]),
        (["a": ["$eq": "a.b"]], ["a": ["$in": [regex(#"\Aa\.b\z"#)]]]),
        (["a": ["$ne": "x", "$gt": 3]], ["a": ["$nin": [regex(#"\Ax\z"#)], "$gt": 3]]),
        (["a": ["$nin": ["x", nil, 1]]], ["a": ["$nin": [regex(#"\Ax\z"#), nil, 1]]]),
        (
            ["$or": [["a": "x"], ["b": ["$exists": true]]]],
            ["$or": [["a": ["$in": [regex(#"\Ax\z"#)]]], ["b": ["$exists": true]]]]
        ),
        (["a": ["$not": ["$eq": "x"]]], ["a": ["$not": ["$in": [regex(#"\Ax\z"#)]]]]),
        (["a": ["$elemMatch": ["b": "x"]]], ["a": ["$elemMatch": ["b": ["$in": [regex(#"\Ax\z"#)]]]]]),
        (["a": ["$elemMatch": ["$eq": "x"]]], ["a": ["$elemMatch": ["$in": [regex(#"\Ax\z"#)]]]]),
        (["a": ["$regex": "^x", "$options": "i"]], ["a": ["$regex": "^x", "$options": "i"]]),
        (["a": ["$type": "string"]], ["a": ["$type": "string"]]),
        (["$where": "this.a == 7"], ["$where": "this.a == 7"]),
        (["a": ["b": 1]], ["a": ["b": 1]]),
    ]

    static let formless: [BSONDocument] = [
        ["a": ["$gt": "x"]], ["a": ["x"]], ["a": ["b": "x"]], ["a": ["$in": [["x"]]]],
        ["$expr": ["$eq": ["$a", 1]]],
        ["$jsonSchema": ["required": ["a"]]], ["$and": [["a": 1], ["a": ["$lte": "x"]]]],
        ["a": ["$unknown": 1]],
        ["a": LaxBSON.string([0xFF])], ["a": BSONValue(String(repeating: "x", count: 40_000))],
    ]

    private static func regex(_ pattern: String) -> BSONValue {
        BSONValue(type: .regex, bytes: Array(pattern.utf8) + [0, 0])
    }

    @Test func aTextThatMustBeEqualBecomesAPattern() {
        for (filter, form) in Self.formed { #expect(CollationFreeFilter.form(filter) == form, "\(filter)") }
        for filter in Self.formless { #expect(CollationFreeFilter.form(filter) == nil, "\(filter)") }
    }

    /// Each text as a value alone, in an array, and within documents; each as what a filter wants.
    @Test func theFormMatchesWhatTheFilterMatchesByteByByte() async throws {
        let texts: [BSONValue] = [
            "", "abc", "ABC", "äbc", "a.c", "a|b", "abc\n", "a b", " abc", "a\\c", "[a]", "^$", "é",
            "e\u{301}", "😀",
            LaxBSON.string([0x61, 0]), LaxBSON.string([0x61, 0, 0x62]), LaxBSON.string([0xFF]),
            LaxBSON.string(Array("abc".utf8), type: .symbol), 1, nil, true,
        ]
        try await withDatabase { db in
            try db.command(["create": "docs", "collation": ["locale": "en", "strength": 1]])
            var documents: [BSONDocument] = [["_id": "without"]]
            for (place, text) in texts.enumerated() {
                documents += [
                    ["_id": BSONValue("\(place) alone"), "a": text],
                    ["_id": BSONValue("\(place) in"), "a": [text, 7]],
                    ["_id": BSONValue("\(place) of"), "a": [["b": text]]],
                    ["_id": BSONValue("\(place) within"), "a": ["b": text]],
                ]
            }
            try await db[docs].insertMany(documents)
            let keys = documents.compactMap { $0["_id"].map(DocumentKey.init) }
            var compared = 0
            for text in texts {
                let filters: [BSONDocument] = [
                    ["a": text], ["a": ["$ne": text]], ["a": ["$in": [text, "other"]]],
                    ["a": ["$nin": [text]]],
                    ["a": ["$all": [text]]], ["a": ["$not": ["$eq": text]]], ["a.b": text],
                    ["a": ["$elemMatch": ["$in": [text]]]], ["$nor": [["a.b": text], ["a": 7]]],
                ]
                for filter in filters {
                    guard let form = CollationFreeFilter.form(filter) else { continue }
                    func matching(_ filter: BSONDocument, isCollated: Bool) throws -> Set<DocumentKey> {
                        let listener = Listener(model: Echo(), on: docs, key: "x", where: filter)
                        return try DocumentReader(
                            connection: db.connection, listener: listener,
                            comparison: ByteComparison(filter, isCollated: isCollated),
                            sink: db.connection.sink(of: listener)
                        ).judge(keys).matching
                    }
                    let reply = try db.command([
                        "find": "docs", "filter": BSONValue(filter), "collation": ["locale": "simple"],
                        "batchSize": 1000,
                    ])
                    let found = reply[path: "cursor.firstBatch"]?.array ?? []
                    let expected = Set(found.compactMap { $0.document?["_id"].map(DocumentKey.init) })
                    #expect(try matching(filter, isCollated: true) == expected, "\(filter): \(form)")
                    compared += 1
                }
            }
            // An invalid text has no pattern, and a symbol is compared under the simple collation.
            #expect(compared >= 9 * 18)
        }
    }
}
