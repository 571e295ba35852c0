import MongoBSON
import MongoDriver

/// Gives a filter a form that means the same under every collation: what it compares byte by byte.
///
/// A text that something must be equal to becomes a regular expression, which MongoDB matches without a collation.
package enum CollationFreeFilter {
    /// Nil when a part of the filter has no such form: order among texts, texts within arrays and documents, `$expr`.
    package static func form(_ filter: BSONDocument) -> BSONDocument? {
        var parts: [(String, BSONValue)] = []
        for (name, value) in filter {
            guard let part = part(name, value) else { return nil }
            parts.append((name, part))
        }
        return BSONDocument(parts)
    }

    private static func part(_ name: String, _ value: BSONValue) -> BSONValue? {
        switch name {
        case "$and", "$or", "$nor": each(value) { $0.document.flatMap(form).map { BSONValue($0) } }
        // JavaScript compares texts by itself.
        case "$where", "$comment": value
        case _ where name.hasPrefix("$"): nil
        default: condition(value)
        }
    }

    /// What stands behind a field's name.
    private static func condition(_ value: BSONValue) -> BSONValue? {
        if let operators = value.operators { return conditions(operators) }
        if value.type == .string { return pattern(value).map { ["$in": [$0]] } }
        return textless(value)
    }

    private static func conditions(_ operators: BSONDocument) -> BSONValue? {
        var parts: [(String, BSONValue)] = []
        for (name, value) in operators {
            guard let part = condition(name, value) else { return nil }
            parts.append(part)
        }
        return BSONValue(BSONDocument(parts))
    }

    private static func condition(_ name: String, _ value: BSONValue) -> (String, BSONValue)? {
        switch name {
        case "$eq" where value.type == .string: pattern(value).map { ("$in", [$0]) }
        case "$ne" where value.type == .string: pattern(value).map { ("$nin", [$0]) }
        case "$eq", "$ne", "$gt", "$gte", "$lt", "$lte": value.holdsText ? nil : (name, value)
        case "$in", "$nin", "$all": each(value, element).map { (name, $0) }
        case "$not" where value.type == .document:
            value.operators.flatMap(conditions).map { (name, $0) }
        case "$elemMatch":
            (value.operators.map(conditions) ?? value.document.flatMap(form).map { BSONValue($0) })
                .map { (name, $0) }
        case "$not", "$exists", "$type", "$size", "$mod", "$regex", "$options", "$bitsAllSet", "$bitsAnySet",
            "$bitsAllClear", "$bitsAnyClear":
            (name, value)
        default: nil
        }
    }

    /// An element of `$in`, `$nin` or `$all`.
    private static func element(_ value: BSONValue) -> BSONValue? {
        value.type == .string ? pattern(value) : textless(value)
    }

    // Nil and null are both values here: spelled out, lest the compiler takes the one for the other.
    private static func textless(_ value: BSONValue) -> BSONValue? {
        value.holdsText ? BSONValue?.none : BSONValue?.some(value)
    }

    private static func each(_ list: BSONValue, _ form: (BSONValue) -> BSONValue?) -> BSONValue? {
        guard let values = list.array else { return nil }
        let forms = values.compactMap(form)
        guard forms.count == values.count else { return nil }
        return BSONValue(forms)
    }

    /// MongoDB takes patterns of up to 32 KB.
    private static let longestPattern = 30_000

    /// A regular expression that matches exactly these bytes.
    private static func pattern(_ text: BSONValue) -> BSONValue? {
        let bytes = text.bytes.dropFirst(4).dropLast()
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var pattern = Array(#"\A"#.utf8)
        for byte in bytes {
            switch byte {
            case 0: pattern += Array(#"\x00"#.utf8)
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 128...:
                pattern.append(byte)
            default: pattern += [UInt8(ascii: "\\"), byte]
            }
        }
        pattern += Array(#"\z"#.utf8)
        guard pattern.count <= longestPattern else { return nil }
        // Pattern and options, each ending in a NUL.
        return BSONValue(type: .regex, bytes: pattern + [0, 0])
    }
}

extension BSONValue {
    /// A document of operators, as MongoDB tells it: by the first name.
    fileprivate var operators: BSONDocument? {
        guard let document, let first = document.first(where: { _ in true })?.key, first.hasPrefix("$"),
            !["$ref", "$id", "$db"].contains(first)
        else { return nil }
        return document
    }
}
