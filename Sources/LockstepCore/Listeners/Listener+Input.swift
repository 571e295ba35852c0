import MongoBSON

extension Listener {
    package var inputRule: InputRule {
        InputRule(keys: keys, takesTexts: model.takesTexts)
    }

    /// Matches the documents that have an input for the listener; for queries that name the simple collation.
    package var hasInput: BSONDocument {
        let hasKey: BSONDocument = ["$expr": BSONValue(inputRule.expression)]
        guard let filter else { return hasKey }
        return ["$and": [BSONValue(filter), BSONValue(hasKey)]]
    }

    /// Matches the documents where one of the keys is an input.
    package func has(_ key: FieldPath) -> BSONDocument {
        ["$expr": BSONValue(inputRule.expression(of: key))]
    }
}
