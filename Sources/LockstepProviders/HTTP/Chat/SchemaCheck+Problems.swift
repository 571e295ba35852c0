extension SchemaCheck {
    private static let types: Set<String> = [
        "null", "boolean", "string", "array", "object", "number", "integer",
    ]

    /// Keywords that say something to people and models, and bind no value.
    private static let remarks: Set<String> = [
        "title", "description", "default", "examples", "format", "$comment", "$schema",
    ]

    /// What is wrong with a schema, or is not checked here.
    static func problems(of schema: JSON, depth: Int = 0) -> [String] {
        guard depth < 32 else { return ["it is nested too deep"] }
        if case .bool = schema { return [] }
        guard let keywords = schema.members else {
            // What it is instead may come from a variable.
            return ["a schema must be a mapping"]
        }
        return keywords.flatMap { keyword -> [String] in
            let argument = keyword.value
            func expect(_ isRight: Bool, _ what: String) -> [String] {
                isRight ? [] : ["`\(keyword.name)` must be \(what)"]
            }
            switch keyword.name {
            case "type":
                let names = argument.elements?.map(\.string) ?? [argument.string]
                return expect(
                    !names.isEmpty && names.allSatisfy { $0.map(types.contains) ?? false },
                    types.sorted().joined(separator: ", "))
            case "enum": return expect(argument.elements?.isEmpty == false, "a list of values")
            case "const": return []
            case "required":
                return expect(argument.elements?.allSatisfy { $0.string != nil } ?? false, "a list of names")
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
                return expect(argument.double != nil, "a number")
            case "multipleOf": return expect(argument.double ?? 0 > 0, "a number above 0")
            case "minLength", "maxLength", "minItems", "maxItems":
                return expect(argument.int ?? -1 >= 0, "a whole number from 0")
            case "uniqueItems":
                if case .bool = argument { return [] }
                return expect(false, "`true` or `false`")
            case "pattern":
                return expect(argument.string.flatMap(Pattern.init) != nil, "a regular expression")
            case "items", "additionalProperties": return problems(of: argument, depth: depth + 1)
            case "anyOf":
                guard let schemas = argument.elements, !schemas.isEmpty else {
                    return expect(false, "a list of schemas")
                }
                return schemas.flatMap { problems(of: $0, depth: depth + 1) }
            case "properties":
                guard let members = argument.members else { return expect(false, "a mapping of schemas") }
                return members.flatMap { problems(of: $0.value, depth: depth + 1) }
            case _ where remarks.contains(keyword.name): return []
            default:
                return [
                    "the keyword `\(keyword.name)` is not checked by Lockstep: write it with type, enum, const, anyOf, properties, required, additionalProperties, items, minItems, maxItems, uniqueItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern"
                ]
            }
        }
    }
}
