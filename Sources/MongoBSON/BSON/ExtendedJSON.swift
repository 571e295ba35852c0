import CMongoShim

/// Why a text is not an Extended JSON document.
public struct ExtendedJSONError: Error, CustomStringConvertible {
    public let description: String
}

extension BSONDocument {
    /// Parses one Extended JSON v2 document, relaxed or canonical.
    public init(json: String) throws(ExtendedJSONError) {
        try self.init(json: Array(json.utf8))
    }

    /// Parses one Extended JSON v2 document from UTF-8.
    public init(json: some Collection<UInt8>) throws(ExtendedJSONError) {
        let builder = BSONBuilder()
        let characters = Array(json)
        var message = [CChar](repeating: 0, count: 512)
        guard !characters.isEmpty else { throw ExtendedJSONError(description: "the text is empty") }
        let parsed = characters.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: CChar.self) { json in
                shim_builder_parse_json(
                    builder.handle, json.baseAddress!, json.count, &message, message.count)
            }
        }
        guard parsed else {
            let reason = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw ExtendedJSONError(description: String(decoding: reason, as: UTF8.self))
        }
        self = builder.finish()
    }

    /// Relaxed Extended JSON v2; a double with as few digits as give the same number.
    public var json: String {
        var length = 0
        guard let text = shim_bson_to_json(bytes, bytes.count, &length) else { return "{}" }
        defer { shim_string_free(text) }
        return text.withMemoryRebound(to: UInt8.self, capacity: length) {
            ShortNumbers.text(UnsafeBufferPointer(start: $0, count: length))
        }
    }
}

extension BSONValue {
    /// Relaxed Extended JSON v2 of the value alone.
    public var json: String {
        // libbson writes documents only: `{ "" : value }` without its frame.
        let framed = BSONDocument([("", self)]).json
        guard let colon = framed.firstIndex(of: ":"), let close = framed.lastIndex(of: "}") else {
            return "null"
        }
        return String(
            framed[framed.index(after: colon)..<close].drop { $0 == " " }.reversed().drop { $0 == " " }
                .reversed())
    }
}
