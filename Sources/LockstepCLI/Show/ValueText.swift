import Lockstep

/// A value for people: its type and its beginning.
enum ValueText {
    private static let numbersShown = 3

    static func text(_ value: BSONValue) -> String {
        if let vector = value.floats, !vector.isEmpty {
            let first = vector.prefix(numbersShown).map { "\($0)" }.joined(separator: ", ")
            let rest = vector.count > numbersShown ? ", …" : ""
            return "a vector of \(Terminal.count(vector.count, "number")): [\(first)\(rest)]"
        }
        switch value.type {
        case .string:
            return
                "a text of \(Terminal.count(value.string?.count ?? 0, "character")): \(value.json)"
        case .null: return "null"
        case .array: return "an array of \(Terminal.count(value.array?.count ?? 0, "value")): \(value.json)"
        case .document: return "a document of \(Terminal.count(value.bytes.count, "byte")): \(value.json)"
        default: return value.json
        }
    }
}
