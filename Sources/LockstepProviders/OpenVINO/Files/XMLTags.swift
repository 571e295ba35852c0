/// The tags of an XML text that say how a graph is made, one after another; all else is left out.
struct XMLTags: Sequence, IteratorProtocol {
    struct Tag {
        /// With a slash before it where the tag ends an element.
        let name: String
        let attributes: [String: String]
        /// It has nothing in it, and no tag that ends it.
        let isEmpty: Bool
        let place: Range<Int>

        subscript(key: String) -> String? { attributes[key] }
    }

    private static let wanted: Set<String> = ["layer", "/layer", "/layers", "data", "port", "edge"]
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    mutating func next() -> Tag? {
        while let start = text[position...].firstIndex(of: UInt8(ascii: "<")) {
            let end = endOfTag(from: start + 1)
            position = Swift.min(end + 1, text.count)
            let nameEnd = text[(start + 1)..<end].dropFirst().firstIndex { $0 <= 0x20 || $0 == 0x2F } ?? end
            let name = String(decoding: text[(start + 1)..<nameEnd], as: UTF8.self)
            guard Self.wanted.contains(name) else { continue }
            return Tag(
                name: name, attributes: attributes(nameEnd..<end),
                isEmpty: text[end - 1] == UInt8(ascii: "/"),
                place: start..<position)
        }
        return nil
    }

    /// A `>` may stand in a value, as in the expressions of a tokenizer.
    private func endOfTag(from start: Int) -> Int {
        var quote: UInt8?
        for place in start..<text.count {
            let byte = text[place]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return place
            }
        }
        return text.count
    }

    private func attributes(_ range: Range<Int>) -> [String: String] {
        var found: [String: String] = [:]
        var rest = text[range]
        while let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals + 1 < range.upperBound {
            let name = rest[..<equals].split { $0 <= 0x20 }.last.map { String(decoding: $0, as: UTF8.self) }
            let quote = rest[equals + 1]
            let value = rest[(equals + 2)...]
            guard let name, let close = value.firstIndex(of: quote) else { break }
            found[name] = String(decoding: value[..<close], as: UTF8.self)
            rest = rest[(close + 1)...]
        }
        return found
    }
}
