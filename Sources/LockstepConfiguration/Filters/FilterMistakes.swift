import LockstepReading
import MongoBSON

/// Finds likely mistakes in a `where` that are valid: values as the mongo shell writes them, which YAML takes for texts,
/// and operators that are misspelled, which MongoDB takes for names of fields.
enum FilterMistakes {
    /// Where in a filter something stands.
    enum Place {
        /// Names of fields, or `$and` and the like.
        case fields
        /// Beside a field's name: operators, or a value.
        case field
        /// A value to compare with.
        case value
        /// A value whose text is meant: beside `$eq`, or where a regular expression is a text.
        case text
        /// An expression of `$expr`, or something else that is not looked into.
        case expression
        /// Nothing is a mistake here.
        case literal
    }

    /// Where the value beside a name stands.
    static func place(beside name: String, in place: Place) -> Place {
        switch name {
        case "$literal", "$comment", "$where", "$jsonSchema", "$search": return .literal
        case "$expr": return .expression
        case "$regex", "$options", "$eq", "$ne": return place == .expression ? .expression : .text
        default: break
        }
        switch place {
        case .literal, .expression, .text: return place
        case .fields, .field, .value: break
        }
        switch name {
        case "$and", "$or", "$nor": return .fields
        case "$elemMatch", "$not": return .field
        case _ where name.hasPrefix("$"): return .value
        default: return place == .fields || place == .field ? .field : .value
        }
    }
}

// MARK: Texts

extension FilterMistakes {
    /// Why a text is not what it looks like; nil when it is one.
    static func problem(ofText scalar: YAMLNode.Scalar, in place: Place) -> String? {
        guard place != .literal else { return nil }
        let text = scalar.text.drop { $0 == " " }
        if let (name, argument) = call(text) {
            // What a variable holds is not shown.
            guard scalar.text == scalar.raw else {
                return "\(shown(scalar.raw)) is a text here, no value of the mongo shell"
            }
            return
                "\(shown(scalar.raw)) is a text here, no value of the mongo shell: write \(written(name, argument))"
        }
        guard place == .fields || place == .field || place == .value, let (pattern, flags) = expression(text)
        else { return nil }
        guard scalar.text == scalar.raw else {
            return "\(shown(scalar.raw)) is a text here, no regular expression: write it behind `$regex`"
        }
        let options = flags.isEmpty ? "" : ", $options: \(flags)"
        return
            "\(shown(scalar.raw)) is a text here, no regular expression: write `{$regex: '\(pattern.replacing("'", with: "''"))'\(options)}`, or `{$eq: '\(scalar.raw.replacing("'", with: "''"))'}` if the text itself is meant"
    }

    private static let calls: Set<String> = [
        "ObjectId", "ISODate", "Date", "NumberLong", "Long", "NumberInt", "Int32", "NumberDecimal",
        "Decimal128",
        "Double", "UUID", "BinData", "Timestamp", "RegExp", "MinKey", "MaxKey",
    ]

    /// The name and argument of `ObjectId("…")` and the like.
    private static func call(_ text: Substring) -> (name: String, argument: String)? {
        var rest = text
        if rest.hasPrefix("new ") { rest = rest.dropFirst(4).drop { $0 == " " } }
        let name = rest.prefix { $0.isLetter || $0.isNumber }
        rest = rest.dropFirst(name.count).drop { $0 == " " }
        guard calls.contains(String(name)), rest.hasPrefix("("), rest.hasSuffix(")") else { return nil }
        let quotes: Set<Character> = ["\"", "'", " "]
        let argument = rest.dropFirst().dropLast().drop { quotes.contains($0) }
        let end = argument.lastIndex { !quotes.contains($0) }
        return (String(name), end.map { String(argument[...$0]) } ?? "")
    }

    /// The same in Extended JSON.
    private static func written(_ name: String, _ argument: String) -> String {
        // What holds a quote or a comma is more than one value.
        let value = argument.isEmpty || argument.contains(where: { "\"',".contains($0) }) ? "…" : argument
        return switch name {
        case "ObjectId": "`{$oid: \(value)}`"
        case "ISODate", "Date": "`{$date: \"\(value)\"}`"
        case "NumberLong", "Long", "NumberInt", "Int32", "Double": "the number alone, as `\(value)`"
        case "NumberDecimal", "Decimal128": "`{$numberDecimal: \"\(value)\"}`"
        case "UUID": "`{$uuid: \(value)}`"
        case "BinData": "`{$binary: {base64: …, subType: \"00\"}}`"
        case "Timestamp": "`{$timestamp: {t: …, i: …}}`"
        case "RegExp": "`{$regex: …}`"
        case "MinKey": "`{$minKey: 1}`"
        default: "`{$maxKey: 1}`"
        }
    }

    /// The pattern and flags of `/…/i`.
    private static func expression(_ text: Substring) -> (pattern: String, flags: String)? {
        guard text.hasPrefix("/"), let end = text.lastIndex(of: "/"), end > text.startIndex else {
            return nil
        }
        let pattern = text[text.index(after: text.startIndex)..<end]
        let flags = text[text.index(after: end)...]
        guard !pattern.isEmpty, flags.allSatisfy({ "imsxu".contains($0) }) else { return nil }
        return (String(pattern).replacing("\\/", with: "/"), String(flags))
    }
}

// MARK: Operators

extension FilterMistakes {
    /// Likely mistakes in the names of a mapping, by their lines.
    static func problems(ofNames entries: [YAMLNode.Entry], in place: Place) -> [(line: Int, message: String)]
    {
        switch place {
        case .fields, .field: break
        case .value, .text, .expression, .literal: return []
        }
        let hasOperators = entries.contains { $0.key.hasPrefix("$") }
        return entries.compactMap { entry in
            if let instead = noFilters[entry.key] {
                return (
                    entry.line,
                    "`\(entry.key)` finds documents by an index and cannot be asked of one: \(instead)"
                )
            }
            if let meant = meant(entry, place, beside: hasOperators) {
                return (entry.line, "\(shown(entry.key)) is no operator: did you mean `\(meant)`?")
            }
            guard place == .field, !hasOperators, isComparison(entry) else { return nil }
            return (
                entry.line,
                "\(shown(entry.key)) is the name of a field here: write `$\(entry.key)` for the operator, or put the mapping below `$eq` if it is a value"
            )
        }
    }

    /// The operator that a misspelled one probably means.
    private static func meant(_ entry: YAMLNode.Entry, _ place: Place, beside operators: Bool) -> String? {
        let known = place == .fields ? logical : comparing
        if entry.key.hasPrefix("$") {
            guard !logical.contains(entry.key), !comparing.contains(entry.key) else { return nil }
            return suggestion(for: entry.key, among: known.sorted())
        }
        let name = "$" + entry.key
        if place == .field, operators { return known.contains(name) ? name : nil }
        guard place == .fields, ["$and", "$or", "$nor"].contains(name),
            case .list(let parts) = entry.value.content
        else { return nil }
        let areFilters = parts.allSatisfy { if case .mapping = $0.content { true } else { false } }
        return areFilters ? name : nil
    }

    /// A name that is an operator's but for the `$`, with such a value.
    private static func isComparison(_ entry: YAMLNode.Entry) -> Bool {
        switch (entry.key, entry.value.content) {
        case ("gt", _), ("gte", _), ("lt", _), ("lte", _), ("ne", _), ("eq", _), ("elemMatch", _): true
        case ("in", .list), ("nin", .list): true
        case ("exists", .scalar(let scalar)): ["true", "false"].contains(scalar.text)
        case ("regex", .scalar): true
        default: false
        }
    }

    private static let noFilters = [
        "$near": "use `$geoWithin`", "$nearSphere": "use `$geoWithin`", "$text": "use `$regex`",
    ]

    private static let logical: Set<String> = [
        "$and", "$or", "$nor", "$expr", "$where", "$text", "$comment", "$jsonSchema", "$alwaysTrue",
        "$alwaysFalse",
        "$sampleRate",
    ]
    private static let comparing: Set<String> = [
        "$eq", "$gt", "$gte", "$in", "$lt", "$lte", "$ne", "$nin", "$not", "$exists", "$type", "$all",
        "$elemMatch",
        "$size", "$mod", "$regex", "$options", "$geoIntersects", "$geoWithin", "$near", "$nearSphere",
        "$geometry",
        "$maxDistance", "$minDistance", "$within", "$box", "$center", "$centerSphere", "$polygon",
        "$uniqueDocs",
        "$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet", "$search", "$language",
        "$caseSensitive",
        "$diacriticSensitive", "$ref", "$id", "$db",
    ]
}
