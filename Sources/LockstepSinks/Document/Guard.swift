import LockstepCore
import MongoBSON
import MongoDriver

/// The part of an update's filter that lets it through only while the input is the one it was computed from.
///
/// Equality in a filter is not identity: `{tags: "a"}` also matches an array that holds "a", null matches a missing
/// field, 0.0 matches -0.0. Where no plain condition is exact, an expression is; see ``Identity``.
package enum Guard {
    /// Appends conditions to an open filter: every key still has its value.
    ///
    /// - Parameter isCollated: the query compares texts in another way than by their bytes.
    package static func appendUnchanged(
        _ keys: [FieldPath], _ values: [BSONValue], isCollated: Bool, to filter: inout BSONBuilder
    ) {
        var expressions: [(FieldPath, Identity, BSONValue)] = []
        var ancestors: [String] = []
        for (key, value) in zip(keys, values) {
            // mechanism identity, off:
            //   Identity(of: value, isCollated: isCollated) becomes
            //   Identity(of: value, isCollated: isCollated).flatMap { $0.standsAlone ? $0 : nil }
            let identity = Identity(of: value, isCollated: isCollated)
            if let identity { expressions.append((key, identity, value)) }
            guard identity?.standsAlone != true else { continue }
            filter.document(key.text) { condition in
                condition.append(value, forKey: "$eq")
                // Numbers of other types are equal to MongoDB, but are another input.
                if isNumber(value.type) { condition.append(Int(value.type.rawValue), forKey: "$type") }
                condition.append(value.type == .string ? isArrayOrSymbol : isArray, forKey: "$not")
            }
            for ancestor in key.ancestors where !ancestors.contains(ancestor) { ancestors.append(ancestor) }
        }
        // An array of documents on the way would be searched.
        for ancestor in ancestors where !keys.contains(where: { $0.text == ancestor }) {
            filter.document(ancestor) { $0.append(isArray, forKey: "$not") }
        }
        if !expressions.isEmpty { append(expressions, to: &filter) }
    }

    private static let isArray: BSONDocument = ["$type": BSONValue(Int(BSONType.array.rawValue))]
    /// A symbol is equal to the text, but is another input.
    private static let isArrayOrSymbol: BSONDocument = [
        "$type": [BSONValue(Int(BSONType.array.rawValue)), BSONValue(Int(BSONType.symbol.rawValue))]
    ]

    /// Appends the condition that there is still no input because of what the keys hold.
    package static func appendAbsent(_ rule: InputRule, to filter: inout BSONBuilder) {
        filter.document("$expr") { $0.append(rule.expression, forKey: "$not") }
    }

    /// Appends the condition that a listener's filter still does not match.
    package static func appendUnmatched(_ condition: BSONDocument, to filter: inout BSONBuilder) {
        filter.array("$nor") { $0.append(condition, forKey: "0") }
    }

    private static func append(
        _ expressions: [(FieldPath, Identity, BSONValue)], to filter: inout BSONBuilder
    ) {
        filter.document("$expr") { filter in
            filter.array("$and") { all in
                for (index, (key, identity, value)) in expressions.enumerated() {
                    all.append(identity.expression(key, value), forKey: String(index))
                }
            }
        }
    }

    private static func isNumber(_ type: BSONType) -> Bool {
        type == .int32 || type == .int64 || type == .double || type == .decimal128
    }
}
