import MongoBSON

/// What a text model is given of a document: a text, or the texts of several keys or of an array joined by a blank line.
package enum TextInput: Hashable, Sendable {
    case text(String)
    /// Nothing but white space, which counts as no input.
    case blank
    /// There is something else than texts: the name of its type.
    case other(String)

    package static let separator = "\n\n"

    /// - Parameter value: a text, or texts within arrays; null and what is blank is left out.
    package init(_ value: BSONValue) {
        self.init([value])
    }

    /// - Parameter values: those of a listener's keys.
    package init(_ values: [BSONValue]) {
        var texts: [String] = []
        for value in values {
            if let type = Self.gather(value, into: &texts) {
                self = .other(type)
                return
            }
        }
        self = texts.isEmpty ? .blank : .text(texts.joined(separator: Self.separator))
    }

    /// - Returns: the name of the type of what is no text.
    private static func gather(_ value: BSONValue, into texts: inout [String]) -> String? {
        if value.type == .null { return nil }
        if let text = value.string {
            if !isBlank(text) { texts.append(text) }
            return nil
        }
        guard value.type == .array, let values = value.array else { return value.type.name }
        for value in values {
            if let type = gather(value, into: &texts) { return type }
        }
        return nil
    }

    /// The characters that MongoDB's `$trim` takes for white space, so that a query counts the same documents.
    static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0, 0x09...0x0D, 0x20, 0xA0, 0x1680, 0x2000...0x200A: true
            default: false
            }
        }
    }
}
