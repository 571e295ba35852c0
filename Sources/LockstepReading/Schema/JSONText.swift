/// A JSON value with its fields in order, to be written.
package indirect enum JSONText: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Int)
    case string(String)
    case list([JSONText])
    case object([(String, JSONText)])

    /// On one line.
    package var line: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// With a field a line, for people.
    package var page: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    package static func == (left: JSONText, right: JSONText) -> Bool {
        left.line == right.line
    }
}

extension JSONText {
    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += String(value)
        case .string(let value): text += Self.quoted(value)
        case .list(let values):
            // A list of plain values reads best on one line.
            let inner = values.allSatisfy(\.isPlain) ? nil : indent
            Self.write("[", values.map { (nil, $0) }, "]", to: &text, inner)
        case .object(let fields):
            Self.write("{", fields.map { ($0.0, $0.1) }, "}", to: &text, indent)
        }
    }

    private static func write(
        _ open: String, _ entries: [(name: String?, value: JSONText)], _ close: String, to text: inout String,
        _ indent: Int?
    ) {
        guard !entries.isEmpty else { return text += open + close }
        func line(_ depth: Int) -> String { "\n" + String(repeating: "  ", count: depth) }
        text += open
        for (number, entry) in entries.enumerated() {
            if number > 0 { text += indent == nil && entry.name == nil ? ", " : "," }
            if let indent { text += line(indent + 1) }
            if let name = entry.name { text += quoted(name) + (indent == nil ? ":" : ": ") }
            entry.value.write(to: &text, indent: indent.map { $0 + 1 })
        }
        if let indent { text += line(indent) }
        text += close
    }

    private var isPlain: Bool {
        switch self {
        case .list, .object: false
        default: true
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            // With what ends a line in some readers.
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
