import MongoBSON

/// BSON as lax clients write it: what no builder of a well-behaved driver lets through, and servers store.
package enum LaxBSON {
    /// A document of any names and values: names may repeat, be empty, or be no UTF-8.
    package static func document(_ elements: [(name: [UInt8], value: BSONValue)]) -> BSONDocument {
        var body: [UInt8] = []
        for (name, value) in elements {
            body += [value.type.rawValue] + name + [0] + value.bytes
        }
        return BSONDocument(trusted: length(body.count + 5) + body + [0])
    }

    package static func document(_ elements: [(String, BSONValue)]) -> BSONDocument {
        document(elements.map { (name: Array($0.utf8), value: $1) })
    }

    /// A string of any bytes.
    package static func string(_ bytes: [UInt8], type: BSONType = .string) -> BSONValue {
        BSONValue(type: type, bytes: length(bytes.count + 1) + bytes + [0])
    }

    /// An array whose elements are named otherwise than by their places.
    package static func array(_ elements: [(String, BSONValue)]) -> BSONValue {
        BSONValue(type: .array, bytes: document(elements).bytes)
    }

    /// `{n: {n: … {n: value}}}`, so many documents deep.
    package static func nested(_ depth: Int, _ value: BSONValue = 1) -> BSONValue {
        (0..<depth).reduce(value) { inner, _ in ["n": inner] }
    }

    /// What Extended JSON says.
    package static func json(_ text: String) -> BSONValue {
        // A typing error in a test shows as a null, which no list here holds otherwise.
        (try? BSONDocument(json: #"{"v": \#(text)}"#)["v"]) ?? nil
    }

    package static func decimal(_ text: String) -> BSONValue {
        json(#"{"$numberDecimal": "\#(text)"}"#)
    }

    private static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: Int32(count).littleEndian, Array.init)
    }
}
