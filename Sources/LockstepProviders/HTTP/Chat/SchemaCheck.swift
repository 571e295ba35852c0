/// Where an answer does not fit its schema: no word of the answer itself.
struct Misfit: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// Checks values against a JSON Schema (draft 2020-12), of the keywords that say what an answer may be.
enum SchemaCheck {
    /// Why the value does not fit; nil when it does.
    ///
    /// - Parameter end: patterns are matched until then, all together.
    static func misfit(
        _ value: JSON, _ schema: JSON, at path: String = "the answer",
        until end: ContinuousClock.Instant = .now + Pattern.time
    ) -> Misfit? {
        for keyword in schema.members ?? [] {
            if let misfit = misfit(value, keyword, schema, path, end) { return misfit }
        }
        return nil
    }

    private static func misfit(
        _ value: JSON, _ keyword: JSON.Member, _ schema: JSON, _ path: String, _ end: ContinuousClock.Instant
    ) -> Misfit? {
        let argument = keyword.value
        func unless(_ fits: Bool, _ what: @autoclosure () -> String) -> Misfit? {
            fits ? nil : Misfit(description: "\(path) \(what())")
        }
        switch keyword.name {
        case "type":
            let types = argument.elements?.compactMap(\.string) ?? [argument.string].compactMap { $0 }
            return unless(types.contains { value.has(type: $0) }, "is no \(types.joined(separator: " or "))")
        case "enum":
            let choices = argument.elements ?? []
            return unless(
                choices.contains { $0.isSame(as: value) },
                "is none of \(choices.map(\.text).joined(separator: ", "))")
        case "const": return unless(argument.isSame(as: value), "is not \(argument.text)")
        case "anyOf":
            let schemas = argument.elements ?? []
            return unless(
                schemas.contains { misfit(value, $0, at: path, until: end) == nil }, "fits none of `anyOf`")
        case "minimum": return number(value, argument, path, "is below") { $0 >= $1 }
        case "maximum": return number(value, argument, path, "is above") { $0 <= $1 }
        case "exclusiveMinimum": return number(value, argument, path, "is not above") { $0 > $1 }
        case "exclusiveMaximum": return number(value, argument, path, "is not below") { $0 < $1 }
        case "multipleOf":
            return number(value, argument, path, "is no multiple of") {
                abs(($0 / $1).rounded() - $0 / $1) < 1e-9
            }
        case "minLength": return length(value, argument, path, "is shorter than") { $0 >= $1 }
        case "maxLength": return length(value, argument, path, "is longer than") { $0 <= $1 }
        case "pattern":
            guard let text = value.string, let words = argument.string, let pattern = Pattern(words)
            else { return nil }
            switch pattern.matches(text, until: end) {
            case true?: return nil
            case false?: return unless(false, "does not match `\(words)`")
            case nil: return unless(false, "is not matched against `\(words)` within a second")
            }
        case "minItems": return count(value, argument, path, "has fewer elements than") { $0 >= $1 }
        case "maxItems": return count(value, argument, path, "has more elements than") { $0 <= $1 }
        case "uniqueItems":
            guard argument == .bool(true), let elements = value.elements else { return nil }
            let isUnique = elements.indices.allSatisfy { index in
                !elements[..<index].contains { $0.isSame(as: elements[index]) }
            }
            return unless(isUnique, "has an element twice")
        case "items":
            for (place, element) in (value.elements ?? []).enumerated() {
                let name = "element \(place) of \(path)"
                if let misfit = misfit(element, argument, at: name, until: end) { return misfit }
            }
            return nil
        case "required":
            guard value.members != nil else { return nil }
            let missing = (argument.elements ?? []).compactMap(\.string).first { value[$0] == nil }
            return missing.map { Misfit(description: "\(path) has no `\($0)`") }
        case "properties":
            for member in argument.members ?? [] {
                guard let part = value[member.name] else { continue }
                let name = "`\(member.name)` of \(path)"
                if let misfit = misfit(part, member.value, at: name, until: end) { return misfit }
            }
            return nil
        case "additionalProperties": return additional(value, argument, schema, path, end)
        default: return nil
        }
    }

    private static func additional(
        _ value: JSON, _ argument: JSON, _ schema: JSON, _ path: String, _ end: ContinuousClock.Instant
    ) -> Misfit? {
        let known = Set((schema["properties"]?.members ?? []).map(\.name))
        for member in value.members ?? [] where !known.contains(member.name) {
            if argument == .bool(false) {
                return Misfit(description: "\(path) has a member that the schema does not have")
            }
            if let misfit = misfit(member.value, argument, at: "a member of \(path)", until: end) {
                return misfit
            }
        }
        return nil
    }

    private static func number(
        _ value: JSON, _ bound: JSON, _ path: String, _ words: String, fits: (Double, Double) -> Bool
    ) -> Misfit? {
        guard let number = value.double, let bound = bound.double, !fits(number, bound) else { return nil }
        return Misfit(description: "\(path) \(words) \(JSON.number(bound).plain)")
    }

    private static func length(
        _ value: JSON, _ bound: JSON, _ path: String, _ words: String, fits: (Int, Int) -> Bool
    ) -> Misfit? {
        guard let text = value.string, let bound = bound.int, !fits(text.unicodeScalars.count, bound) else {
            return nil
        }
        return Misfit(description: "\(path) \(words) \(bound) characters")
    }

    private static func count(
        _ value: JSON, _ bound: JSON, _ path: String, _ words: String, fits: (Int, Int) -> Bool
    ) -> Misfit? {
        guard let elements = value.elements, let bound = bound.int, !fits(elements.count, bound) else {
            return nil
        }
        return Misfit(description: "\(path) \(words) \(bound)")
    }
}

extension JSON {
    fileprivate func has(type: String) -> Bool {
        switch (type, self) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("array", .floats),
            ("object", .object):
            true
        case ("number", .int): true
        case ("number", .number(let number)): number.isFinite
        case ("integer", _): int != nil
        default: false
        }
    }

    /// As JSON Schema compares: `1` and `1.0` are the same, and the order of members says nothing.
    fileprivate func isSame(as other: JSON) -> Bool {
        if let number = double, let otherNumber = other.double { return number == otherNumber }
        if let elements, let others = other.elements {
            return elements.count == others.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
        }
        if let members, let others = other.members {
            return members.count == others.count
                && members.allSatisfy { member in
                    other[member.name].map { member.value.isSame(as: $0) } ?? false
                }
        }
        return self == other
    }

    /// A whole number without its `.0`.
    fileprivate var plain: String {
        int.map(String.init) ?? text
    }
}
