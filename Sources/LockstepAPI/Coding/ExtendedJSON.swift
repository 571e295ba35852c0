package import MongoBSON

/// A BSON value as relaxed Extended JSON: the `_id` of a document, a date, a timestamp.
///
/// ``MongoBSON/BSONDocument/init(encoding:)`` writes it; other encoders lose the order of fields and are refused.
package struct ExtendedJSON: Sendable, Hashable, Codable {
    package let value: BSONValue

    package init(_ value: BSONValue) {
        self.value = value
    }

    package init(from decoder: any Decoder) throws {
        let plain = BSONDocument([("", try PlainJSON(from: decoder).value)])
        // `{"$oid": …}` is an ObjectId from here on.
        value = (try BSONDocument(json: plain.json))[""] ?? .null
    }

    package func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            value,
            .init(
                codingPath: encoder.codingPath, debugDescription: "only a BSON document holds Extended JSON"))
    }
}

/// JSON as a decoder hands it out.
private struct PlainJSON: Decodable {
    let value: BSONValue

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: AnyKey.self) {
            let keys = object.allKeys.sorted { $0.stringValue < $1.stringValue }
            value = BSONValue(
                BSONDocument(
                    try keys.map { ($0.stringValue, try object.decode(PlainJSON.self, forKey: $0).value) }))
        } else if var array = try? decoder.unkeyedContainer() {
            var values: [BSONValue] = []
            while !array.isAtEnd { values.append(try array.decode(PlainJSON.self).value) }
            value = BSONValue(values)
        } else {
            value = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> BSONValue {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return BSONValue(flag) }
        if let number = try? container.decode(Int.self) { return BSONValue(number) }
        if let number = try? container.decode(Double.self) { return BSONValue(number) }
        return BSONValue(try container.decode(String.self))
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
}
