import LockstepCore
import MongoBSON
import MongoDriver

/// How an expression tells a value from all others, where `{$eq: …, $type: …}` in a filter does not.
package enum Identity {
    /// As `$eq` of expressions has it: exact for what is of a type of its own, such as null. For arrays and documents,
    /// numbers within them count by their values.
    case equal
    /// As `equal`, and of the value's own type: a symbol, which is equal to a text.
    case equalInType
    /// A text, by its bytes, whatever the collation.
    case bytes
    /// A zero of the double's own sign.
    case sign
    /// A decimal, as it is written: 1.0 and 1.00 are equal.
    case digits

    /// Nil when the filter's own condition is exact.
    package init?(of value: BSONValue, isCollated: Bool) {
        switch value.type {
        case .string:
            guard isCollated else { return nil }
            self = .bytes
        case .double:
            guard value.double == 0 else { return nil }
            self = .sign
        case .decimal128: self = .digits
        case .symbol: self = .equalInType
        case .objectID, .bool, .date, .int32, .int64, .timestamp, .binary: return nil
        default: self = .equal
        }
    }

    /// Says all that there is to say; the others come on top of a condition of the filter.
    package var standsAlone: Bool {
        switch self {
        case .equal, .equalInType, .bytes: true
        case .sign, .digits: false
        }
    }

    /// True while the value at the path is this one; an error for no document.
    package func expression(_ key: FieldPath, _ value: BSONValue) -> BSONDocument {
        let field = BSONValue("$" + key.text)
        let literal: BSONValue = ["$literal": value]
        switch self {
        case .equal:
            // A missing field is not null to `$eq`; for an input they are the same.
            return ["$eq": [["$ifNull": [field, nil]], literal]]
        case .equalInType:
            return ofType(field, value, ["$eq": [field, literal]])
        case .bytes:
            return ofType(field, value, Self.sameBytes(field, literal))
        case .sign:
            // The angle to the negative axis comes from above or from below.
            let isNegative = value.double?.sign == .minus
            return ofType(field, value, [(isNegative ? "$lt" : "$gt"): [["$atan2": [field, -1]], 0]])
        case .digits:
            return ofType(field, value, Self.sameBytes(["$toString": field], ["$toString": literal]))
        }
    }

    /// What is asked of a value of another type may be an error.
    private func ofType(_ field: BSONValue, _ value: BSONValue, _ condition: BSONDocument) -> BSONDocument {
        ["$cond": [["$eq": [["$type": field], BSONValue(value.type.name)]], BSONValue(condition), false]]
    }

    /// Of the same length, and the one is found at the beginning of the other: both go by bytes.
    private static func sameBytes(_ one: BSONValue, _ other: BSONValue) -> BSONDocument {
        [
            "$and": [
                ["$eq": [["$strLenBytes": one], ["$strLenBytes": other]]],
                ["$eq": [["$indexOfBytes": [one, other]], 0]],
            ]
        ]
    }
}
