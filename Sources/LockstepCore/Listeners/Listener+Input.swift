import MongoBSON

extension Listener {
    /// Matches the documents that have an input for the listener; for queries that name the simple collation.
    package var hasInput: BSONDocument {
        guard let filter else { return hasKey }
        return ["$and": [BSONValue(filter), BSONValue(hasKey)]]
    }

    /// Where one of the keys has a value, as a projection gives it: `{$ne: null}` judges the values inside of arrays one
    /// by one.
    private var hasKey: BSONDocument {
        Self.has(keys)
    }

    /// The same for any of these keys.
    package static func has(_ keys: [FieldPath]) -> BSONDocument {
        let present = keys.map { key -> BSONValue in
            ["$ne": [["$ifNull": [BSONValue("$" + key.text), .null]], .null]]
        }
        return ["$expr": ["$or": BSONValue(present)]]
    }
}
