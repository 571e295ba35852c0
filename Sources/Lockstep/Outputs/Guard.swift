/// The part of an update's filter that lets it through only while the input is the one it was computed from.
///
/// Equality in a filter is not identity: `{tags: "a"}` also matches an array that holds "a", and null matches a
/// missing field. Where the plain form is not exact, `$expr` with `$literal` is.
enum Guard {
    /// Appends conditions to an open filter: every key still has its value.
    static func appendUnchanged(_ keys: [FieldPath], _ values: [BSONValue], to filter: inout BSONBuilder) {
        var expressions: [(FieldPath, BSONValue)] = []
        var ancestors: [String] = []
        for (key, value) in zip(keys, values) {
            guard isComparedExactly(value.type) else {
                expressions.append((key, value))
                continue
            }
            filter.document(key.text) { condition in
                condition.append(value, forKey: "$eq")
                // Numbers of other types are equal to MongoDB, but are another input.
                if isNumber(value.type) { condition.append(Int(value.type.rawValue), forKey: "$type") }
                condition.append(isArray, forKey: "$not")
            }
            for ancestor in key.ancestors where !ancestors.contains(ancestor) { ancestors.append(ancestor) }
        }
        // An array of documents on the way would be searched.
        for ancestor in ancestors where !keys.contains(where: { $0.text == ancestor }) {
            filter.document(ancestor) { $0.append(isArray, forKey: "$not") }
        }
        if !expressions.isEmpty { appendExpressions(expressions, to: &filter) }
    }

    private static let isArray: BSONDocument = ["$type": BSONValue(Int(BSONType.array.rawValue))]

    /// Appends the condition that there is still no input because every key is missing or null.
    static func appendAbsent(_ keys: [FieldPath], to filter: inout BSONBuilder) {
        appendExpressions(keys.map { ($0, .null) }, to: &filter)
    }

    /// Appends the condition that a listener's filter still does not match.
    static func appendUnmatched(_ condition: BSONDocument, to filter: inout BSONBuilder) {
        filter.array("$nor") { $0.append(condition, forKey: "0") }
    }

    private static func appendExpressions(
        _ expressions: [(FieldPath, BSONValue)], to filter: inout BSONBuilder
    ) {
        filter.document("$expr") { filter in
            filter.array("$and") { all in
                for (index, (key, value)) in expressions.enumerated() {
                    all.document(String(index)) { equal in
                        equal.array("$eq") { pair in
                            appendValue(of: key, to: &pair)
                            pair.document("1") { $0.append(value, forKey: "$literal") }
                        }
                    }
                }
            }
        }
    }

    // A missing field is not null to `$eq`; for an input they are the same.
    private static func appendValue(of key: FieldPath, to pair: inout BSONBuilder) {
        pair.document("0") { value in
            value.array("$ifNull") { both in
                both.append("$" + key.text, forKey: "0")
                both.appendNull(forKey: "1")
            }
        }
    }

    private static func isNumber(_ type: BSONType) -> Bool {
        type == .int32 || type == .int64 || type == .double || type == .decimal128
    }

    private static func isComparedExactly(_ type: BSONType) -> Bool {
        switch type {
        case .string, .objectID, .bool, .date, .int32, .int64, .double, .decimal128, .timestamp, .binary: true
        default: false
        }
    }
}
