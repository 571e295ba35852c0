import Foundation
import Lockstep
@testable import MongoBSON

/// Right documents to start from: every BSON type, and what Lockstep reads from outside.
enum Seeds {
    static let values: [BSONValue] = [
        1.5, "text", ["a": 1], [1, "two", nil], BSONValue(binary: [1, 2, 3]),
        BSONValue(binary: [4, 0, 0, 0, 1, 2, 3, 4], subtype: 2), BSONValue(vector: [1, 2.5]),
        BSONValue(type: .undefined, bytes: []), .objectID(), true, BSONValue(millisecondsSince1970: -1), nil,
        BSONValue(type: .regex, bytes: Array("a+\0i\0".utf8)),
        BSONValue(type: .dbPointer, bytes: [2, 0, 0, 0, 98, 0] + [UInt8](repeating: 7, count: 12)),
        BSONValue(type: .code, bytes: BSONValue("f()").bytes),
        BSONValue(type: .symbol, bytes: BSONValue("symbol").bytes),
        BSONValue(
            type: .codeWithScope,
            bytes: [24, 0, 0, 0] + BSONValue("f()").bytes + (["a": 1] as BSONDocument).bytes),
        7, 8_000_000_000, BSONValue(timestamp: BSONTimestamp(seconds: 1_800_000_000, increment: 3)),
        BSONValue(type: .decimal128, bytes: [UInt8](repeating: 0, count: 14) + [0x40, 0x30]),
        BSONValue(type: .minKey, bytes: []), BSONValue(type: .maxKey, bytes: []),
        BSONValue(Double.nan), BSONValue(Double.infinity),
    ]

    static let documents: [BSONDocument] =
        values.map { ["a": $0] } + [
            [:], BSONDocument(values.enumerated().map { ("k\($0)", $1) }),
            ["": 1, "a": 1, "a": 2, "$x": 1, "a.b": 2], nested(depth: 180),
            [
                "operationType": "update",
                "clusterTime": BSONValue(timestamp: .init(seconds: 1, increment: 1)),
                "ns": ["db": "d", "coll": "docs"], "documentKey": ["_id": 1], "to": ["db": "d", "coll": "e"],
                "updateDescription": [
                    "updatedFields": [
                        "text": "b", "parts.0.name": 1, "_outputs.text.m": 1,
                        "_lockstep.text.m": ["input": BSONValue(binary: [UInt8](repeating: 1, count: 16))],
                    ], "removedFields": ["meta.title"], "truncatedArrays": [["field": "tags", "newSize": 1]],
                ],
            ],
            [
                "operationType": "insert", "ns": ["db": "d", "coll": "docs"],
                "documentKey": ["_id": ["b": 1.0]],
                "fullDocument": ["_id": ["b": 1.0], "text": "x", "meta": ["title": "y"], "a": [["b": 1]]],
            ],
            [
                "input": BSONValue(binary: [UInt8](repeating: 1, count: 16)), "version": "1",
                "at": BSONValue(millisecondsSince1970: 1),
            ],
            [
                "_id": ["listener": "docs/text/m", "document": 7], "reason": "no", "attempts": 3,
                "input": BSONValue(binary: [UInt8](repeating: 1, count: 16)), "version": "1",
                "at": BSONValue(millisecondsSince1970: 1), "since": BSONValue(millisecondsSince1970: 1),
            ],
            [
                "_id": "lockstep", "format": 1, "token": ["_data": "826B030170000000232B022C0100296E5A1004"],
                "stream": "00ff", "at": BSONValue(millisecondsSince1970: 1),
                "listeners": [["listener": "docs/text/m", "definition": "x", "complete": false, "after": 7]],
            ],
            ["$and": [["a": 1], ["$expr": ["$gt": ["$$ROOT.a", "$b"]]]], "tags.0": ["$regex": "x"]],
        ]

    /// Documents within documents.
    static func nested(depth: Int) -> BSONDocument {
        (0..<depth).reduce(BSONDocument()) { inner, _ in ["a": BSONValue(inner)] }
    }

    /// The files of the directory that the variable BSON_CORPUS names: the BSON specification's own cases.
    static var corpusFiles: [URL] {
        guard let folder = ProcessInfo.processInfo.environment["BSON_CORPUS"] else { return [] }
        let files = try? FileManager.default.contentsOfDirectory(
            at: URL(fileURLWithPath: folder), includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }
    }
}
