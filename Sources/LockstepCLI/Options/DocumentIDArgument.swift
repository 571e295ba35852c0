import ArgumentParser
import Lockstep

/// An `_id` as people paste it: 24 hexadecimal digits are an ObjectId, Extended JSON and the shell's own forms are what
/// they say, and all else is a text.
enum DocumentIDArgument {
    static func read(_ text: String) throws -> BSONValue {
        if isObjectID(text) { return value(ofJSON: #"{"$oid": "\#(text)"}"#) ?? BSONValue(text) }
        if let value = shellForm(text) ?? value(ofJSON: text) { return value }
        // Nobody has an `_id` that begins so and means a text.
        guard !text.hasPrefix("{"), !text.hasPrefix("\"") else {
            throw ValidationError(
                "an _id of Extended JSON must be whole, as '{\"$oid\": \"…\"}' or '\"text\"', not \(text)")
        }
        return BSONValue(text)
    }

    /// An `_id` and how it was read, for those who meant another type.
    static func reading(of id: BSONValue) -> String {
        let quoted = "'\"\(id.objectIDText ?? id.json)\"'"
        return switch id.type {
        case .string: "\(id.json) (a text)"
        case .objectID: "\(id.json) (an ObjectId; the text of these digits is \(quoted))"
        case .int32, .int64, .double: "\(id.json) (a number; the text of these digits is \(quoted))"
        default: id.json
        }
    }

    private static func isObjectID(_ text: String) -> Bool {
        text.utf8.count == 24 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func value(ofJSON text: String) -> BSONValue? {
        let document = try? BSONDocument(json: #"{"id": \#(text)}"#)
        // A comma in it would begin another field.
        guard let document, document.count(where: { _ in true }) == 1 else { return nil }
        return document["id"]
    }

    private static let constructors = [
        "ObjectId": "$oid", "UUID": "$uuid", "NumberLong": "$numberLong", "NumberInt": "$numberInt",
        "NumberDecimal": "$numberDecimal", "ISODate": "$date",
    ]

    /// As mongosh prints it: `ObjectId('…')`.
    private static func shellForm(_ text: String) -> BSONValue? {
        guard let open = text.firstIndex(of: "("), text.last == ")",
            let key = constructors[String(text[..<open])]
        else { return nil }
        var inner = text[text.index(after: open)...].dropLast()
        if let quote = inner.first, "'\"".contains(quote), inner.count > 1, inner.last == quote {
            inner = inner.dropFirst().dropLast()
        }
        guard !inner.contains(where: { "\"\\".contains($0) }) else { return nil }
        return value(ofJSON: #"{"\#(key)": "\#(inner)"}"#)
    }
}

extension BSONValue {
    /// The digits of an ObjectId.
    fileprivate var objectIDText: String? {
        type == .objectID ? hex(bytes) : nil
    }
}
