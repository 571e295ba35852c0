@testable import Lockstep
@testable import LockstepCore
@testable import LockstepSinks
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// The filter of the update that stores an output, asked of a real server: it must match one value alone, and find its
/// document by the index on `_id` whatever the collection's collation.
@Suite struct GuardTests {
    static let collations: [BSONValue?] = [
        nil, ["locale": "en", "strength": 1],
        ["locale": "en", "alternate": "shifted", "numericOrdering": true],
    ]

    /// Values of which many are equal to MongoDB, or nearly. NaN of other bits is not among them, nor are arrays and
    /// documents whose numbers differ in type alone: these the guard takes for the same.
    static let values: [BSONValue] = [
        0, .init(int64: 0), .init(0.0), .init(-0.0), 1, .init(int64: 1), .init(1.0), .init(-1.0), .init(1.5),
        .init(Double.nan), .init(Double.infinity), .init(-Double.infinity),
        .init(Double.leastNonzeroMagnitude),
        LaxBSON.decimal("0"), LaxBSON.decimal("-0"), LaxBSON.decimal("0.00"), LaxBSON.decimal("0E+3"),
        LaxBSON.decimal("1"), LaxBSON.decimal("1.0"), LaxBSON.decimal("1.00"), LaxBSON.decimal("-1.0"),
        LaxBSON.decimal("1E+3"), LaxBSON.decimal("1000"), LaxBSON.decimal("Infinity"),
        LaxBSON.decimal("-Infinity"), LaxBSON.decimal("NaN"),
        "", "abc", "ABC", "Abc", "äbc", "a-bc", "abc ", "1", "01", "é", "e\u{301}", "$abc", #"\A"#,
        LaxBSON.string([0x61, 0]), LaxBSON.string([0x61]), LaxBSON.string([0xFF]),
        LaxBSON.string(Array("abc".utf8), type: .symbol), LaxBSON.string(Array("ABC".utf8), type: .symbol),
        LaxBSON.string(Array("abc".utf8), type: .code), LaxBSON.string(Array("ABC".utf8), type: .code),
        ["abc"], ["ABC"], [["abc"]], [], [[]], [0], [.init(-1.0)], ["a": "abc"], ["a": "ABC"], ["A": "abc"],
        [:], ["a": "abc", "b": 1], ["b": 1, "a": "abc"],
        true, false, .init(millisecondsSince1970: 0), .init(millisecondsSince1970: 1), .init(binary: [1, 2]),
        .init(binary: [1, 2], subtype: 5), .init(vector: [0]), .init(vector: [-0.0]),
        .init(timestamp: BSONTimestamp(seconds: 5, increment: 1)), .minKey, .maxKey,
        BSONValue(type: .regex, bytes: Array("abc\0\0".utf8)),
        BSONValue(type: .regex, bytes: Array("ABC\0\0".utf8)),
    ]

    private func withWriter(
        _ collation: BSONValue?, key: String = "meta.value", where filter: BSONDocument? = nil,
        _ body: (Database, DocumentReader, OutputWriter) async throws -> Void
    ) async throws {
        try await withDatabase { db in
            if let collation { try db.command(["create": "docs", "collation": collation]) }
            let listener = Listener(model: Echo(), on: docs, key: key, where: filter)
            let comparison = ByteComparison(listener, try db.connection.traits(of: "docs"))
            #expect(comparison.isCollated == (collation != nil))
            try await body(
                db,
                DocumentReader(
                    connection: db.connection, listener: listener, comparison: comparison,
                    sink: db.connection.sink(of: listener)),
                OutputWriter(connection: db.connection, listener: listener, comparison: comparison))
        }
    }

    @Test(arguments: collations)
    func anUpdateIsLetThroughByTheVeryValueAlone(collation: BSONValue?) async throws {
        try await withWriter(collation) { db, _, writer in
            let keys = Self.values.indices.map { DocumentKey(BSONValue("document \($0)")) }
            try await db[docs].insertMany(
                zip(keys, Self.values).map { ["_id": $0.id, "meta": ["value": $1]] }
                    + [["_id": "of documents", "meta": [["value": "abc"]]], ["_id": "without"]])
            for (place, value) in Self.values.enumerated() {
                let changes = (keys + [DocumentKey("of documents"), DocumentKey("without")]).map { key in
                    OutputChange(key: key, action: .clear(input: [value], isJudged: true))
                }
                for (other, change) in changes.enumerated() {
                    let isArrayOfIt = other == Self.values.count && value == ["abc"]
                    let result = try writer.write([change])
                    #expect(result.errors.isEmpty, "\(value)")
                    #expect(
                        result.matched == (other == place || isArrayOfIt ? 1 : 0),
                        "\(value.type.name) \(value), at \(other)")
                }
            }
        }
    }

    /// What a query does to a document, by the server's own account.
    private func explain(_ command: BSONDocument, _ db: Database) throws -> (keys: Int, documents: Int) {
        let reply = try db.command(["explain": BSONValue(command), "verbosity": "executionStats"])
        let statistics = try #require(reply["executionStats"]?.document)
        return (
            try #require(statistics["totalKeysExamined"]?.int),
            try #require(statistics["totalDocsExamined"]?.int)
        )
    }

    @Test(arguments: collations)
    func aTextAsIDIsFoundByItsIndexWhateverTheCollation(collation: BSONValue?) async throws {
        for filter: BSONDocument? in [
            nil, ["lang": "en"], ["lang": ["$in": ["en", "de"]], "n": ["$ne": 7]],
        ] {
            try await withWriter(collation, where: filter) { db, reader, writer in
                try await db[docs].insertMany(
                    (0..<200).map { number in
                        [
                            "_id": BSONValue("document \(number)"), "lang": "en",
                            "meta": ["value": BSONValue("Text \(number)")],
                        ]
                    })
                let changes: [OutputChange.Action] = [
                    .clear(input: ["Text 7"], isJudged: true), .clear(input: ["Text 7"], isJudged: false),
                    .remove(.noValues), .remove(.unmatched),
                ]
                for change in changes {
                    var end = 1
                    let command = writer.build(
                        [OutputChange(key: DocumentKey("document 7"), action: change)], from: 0, to: &end
                    )
                    .finish()
                    let cost = try explain(command, db)
                    #expect(cost.keys <= 1 && cost.documents <= 1, "\(change)")
                }
                let keys = [DocumentKey("document 7"), DocumentKey("document 77")]
                let cost = try explain(reader.command(keys[...], matching: true).finish(), db)
                // One more key is looked at to see where a range ends.
                #expect(cost.keys <= 2 * keys.count && cost.documents <= keys.count)
                #expect(try reader.judge(keys).matching == Set(keys))
                #expect(try reader.read(keys).count == keys.count)
            }
        }
    }

    /// What has no form that a collation would not touch is compared byte by byte all the same.
    @Test func whatHasNoSuchFormNamesTheSimpleCollation() async throws {
        try await withWriter(["locale": "en", "strength": 1], where: ["lang": ["$gte": "en"]]) {
            db, reader, _ in
            #expect(reader.comparison.collation == .simpleCollation)
            try await db[docs].insertMany([
                ["_id": "a", "lang": "en", "meta": ["value": "x"]], ["_id": "b", "lang": "EN"],
            ])
            #expect(try reader.judge([DocumentKey("a"), DocumentKey("b")]).matching == [DocumentKey("a")])
        }
        let comparison = ByteComparison(nil, isCollated: true)
        #expect(comparison.collation(comparing: ["a text", 7]) == nil)
        #expect(comparison.collation(comparing: [["a text"]]) == .simpleCollation)
        #expect(comparison.collation(comparing: [["a": [["b": "a text"]]]]) == .simpleCollation)
        #expect(comparison.collation(comparing: [[1, 2]]) == nil)
    }
}
