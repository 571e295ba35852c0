import Foundation
import Lockstep
@testable import MongoBSON
@testable import MongoDriver
import Testing

/// The BSON specification's corpus, where the variable BSON_CORPUS names a directory with its files.
@Suite(.enabled(if: !Seeds.corpusFiles.isEmpty, "set BSON_CORPUS to a directory with the BSON corpus"))
struct CorpusTests {
    struct File: Decodable {
        struct Valid: Decodable {
            let description: String
            let canonical_bson: String
            let canonical_extjson: String
            let relaxed_extjson: String?
            let degenerate_bson: String?
            let degenerate_extjson: String?
            let lossy: Bool?
        }
        struct DecodeError: Decodable {
            let description: String
            let bson: String
        }
        struct ParseError: Decodable {
            let description: String
            let string: String
        }

        let bson_type: String
        let valid: [Valid]?
        let decodeErrors: [DecodeError]?
        let parseErrors: [ParseError]?
    }

    private static func files() throws -> [File] {
        try Seeds.corpusFiles.map { try JSONDecoder().decode(File.self, from: Data(contentsOf: $0)) }
    }

    @Test func validDocumentsComeBackAsTheyWent() throws {
        for test in try Self.files().flatMap({ $0.valid ?? [] }) {
            let document = try #require(
                BSONDocument(validating: bytes(test.canonical_bson)), "\(test.description)")
            decodeEverything(document.bytes)
            if let degenerate = test.degenerate_bson {
                #expect(BSONDocument(validating: bytes(degenerate)) != nil, "\(test.description)")
            }
            let copy = BSONDocument(document.map { ($0.key, $0.value) })
            #expect(copy == document, "\(test.description)")
            // What the relaxed form does not name is the same in both.
            try expectSame(document.json, test.relaxed_extjson ?? test.canonical_extjson, test.description)
        }
    }

    @Test func theirJSONIsReadToTheSameBytes() throws {
        for test in try Self.files().flatMap({ $0.valid ?? [] }) where test.lossy != true {
            if test.canonical_extjson.contains("$code"), Self.refused.contains(test.description) {
                #expect(throws: ExtendedJSONError.self) { try BSONDocument(json: test.canonical_extjson) }
                continue
            }
            for json in [test.canonical_extjson, test.degenerate_extjson].compactMap(\.self) {
                #expect(
                    try BSONDocument(json: json).bytes == bytes(test.canonical_bson), "\(test.description)")
            }
        }
    }

    @Test func brokenDocumentsAreRefused() throws {
        for file in try Self.files() {
            for test in file.decodeErrors ?? [] {
                let document = BSONDocument(validating: bytes(test.bson))
                decodeEverything(bytes(test.bson))
                // Lax clients store texts that are not UTF-8: they are read, with U+FFFD in their place.
                let isLax = test.description.contains("UTF-8")
                #expect(isLax || document == nil, "\(file.bson_type): \(test.description)")
            }
            for test in file.parseErrors ?? [] where !Self.accepted.contains(test.description) {
                // Decimals and binaries stand alone in their files, documents elsewhere.
                let json =
                    file.bson_type == "0x13"
                    ? "{\"d\": {\"$numberDecimal\": \"\(test.string)\"}}" : test.string
                #expect(throws: ExtendedJSONError.self, "\(file.bson_type): \(test.description)") {
                    try BSONDocument(json: json)
                }
            }
        }
    }

    /// libbson reads code only up to its first NUL: refused instead.
    private static let refused: Set = ["Embedded nulls"]
    /// libbson writes a date after the year 9999 as text too.
    private static let writtenOtherwise: Set = ["Y10K"]
    /// The form of an older version of Extended JSON, which libbson reads too.
    private static let accepted: Set = ["Bad $date (number, not string or hash)"]

    /// Compared as values: numbers in their canonical form are those of the relaxed one.
    private func expectSame(_ one: String, _ other: String, _ what: String) throws {
        guard !Self.writtenOtherwise.contains(what) else { return }
        let objects = try [one, other].map { text in
            relaxed(try JSONSerialization.jsonObject(with: Data(text.utf8))) as? NSDictionary
        }
        #expect(objects[0] == objects[1], "\(what): \(one) is not \(other)")
    }

    private func relaxed(_ value: Any) -> Any {
        switch value {
        case let list as [Any]: return list.map(relaxed)
        case let object as [String: Any]:
            if object.count == 1, let text = object["$numberInt"] as? String { return Int(text) ?? text }
            return object.mapValues(relaxed)
        default: return value
        }
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
