import MongoBSON

extension JSON {
    /// The value to store: what it says, and nothing more: no Extended JSON in it is read. Nil when BSON has no room for it,
    /// as for a name with a NUL byte.
    package var stored: BSONValue? {
        switch self {
        case .null: return .null
        case .bool(let value): return BSONValue(value)
        case .int(let number): return BSONValue(number)
        case .number(let number): return BSONValue(number)
        case .string(let text): return BSONValue(text)
        case .floats(let numbers): return BSONValue(numbers.map { BSONValue(Double($0)) })
        case .array(let elements):
            let values = elements.compactMap(\.stored)
            return values.count == elements.count ? BSONValue(values) : nil
        case .object(let members):
            var names: Set<String> = []
            var fields: [(String, BSONValue)] = []
            for member in members {
                guard !member.name.utf8.contains(0), names.insert(member.name).inserted,
                    let value = member.value.stored
                else { return nil }
                fields.append((member.name, value))
            }
            return BSONValue(BSONDocument(fields))
        }
    }
}
