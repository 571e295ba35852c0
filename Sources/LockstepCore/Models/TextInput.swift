import MongoBSON

/// What a text model is given of a document: a text, or the texts of several keys or of an array joined by a blank line.
package enum TextInput: Hashable, Sendable {
    case text(String)
    /// Nothing but white space, which counts as no input.
    case blank
    /// There is something else than texts: the name of its type.
    case other(String)

    package static let separator = "\n\n"
    /// Arrays that may lie within each other: the one of a list of keys, and one in the value of a key. An expression of
    /// MongoDB cannot go down any further than it is written, see ``InputRule``.
    static let depth = 2

    /// - Parameter value: a text, or texts within arrays; null and what is blank is left out.
    package init(_ value: BSONValue) {
        var texts: [String] = []
        var other: BSONType?
        let isOfTexts = Self.visit(value, arrays: Self.depth) { part in
            guard part.type == .string, let text = part.string else {
                other = part.type
                return false
            }
            if !Self.isBlank(part) { texts.append(text) }
            return true
        }
        if !isOfTexts {
            self = .other(other?.name ?? "")
        } else {
            self = texts.isEmpty ? .blank : .text(texts.joined(separator: Self.separator))
        }
    }

    /// Whether ``init(_:)`` finds them blank, together; no text is copied.
    ///
    /// - Parameter values: those of a listener's keys.
    package static func isBlank(_ values: [BSONValue]) -> Bool {
        let arrays = values.count == 1 ? depth : depth - 1
        return values.allSatisfy { value in
            visit(value, arrays: arrays) { $0.type == .string && isBlank($0) }
        }
    }

    /// Lends the texts of an input and what is none, until `body` gives false.
    private static func visit(_ value: BSONValue, arrays: Int, _ body: (BSONValue) -> Bool) -> Bool {
        switch value.type {
        case .null, .undefined: true
        case .array where arrays > 0:
            (value.array ?? []).allSatisfy { visit($0, arrays: arrays - 1, body) }
        default: body(value)
        }
    }

    /// The characters that MongoDB's `$trim` takes for white space, so that a query counts the same documents: NUL, tab to
    /// carriage return, space, U+00A0, U+1680, U+2000 to U+200A.
    private static func isBlank(_ text: BSONValue) -> Bool {
        var rest = text.bytes.dropFirst(4).dropLast()
        while let byte = rest.first {
            let next = rest.dropFirst().prefix(2)
            let isWhite: Bool
            switch byte {
            case 0, 0x09...0x0D, 0x20:
                rest = rest.dropFirst()
                continue
            case 0xC2: isWhite = next.first == 0xA0
            case 0xE1: isWhite = next.elementsEqual([0x9A, 0x80])
            case 0xE2:
                isWhite = next.count == 2 && next.first == 0x80 && (0x80...0x8A).contains(next.last ?? 0)
            default: isWhite = false
            }
            guard isWhite else { return false }
            rest = rest.dropFirst(byte == 0xC2 ? 2 : 3)
        }
        return true
    }
}
