import MongoBSON

/// Whether the values of a listener's keys are an input: one definition, for documents that are read and for the server.
///
/// Where all of them are missing or null there is none; for a model that takes texts, also where they are blank.
package struct InputRule: Sendable {
    package let keys: [FieldPath]
    private let takesTexts: Bool

    package init(keys: [FieldPath], takesTexts: Bool) {
        self.keys = keys
        self.takesTexts = takesTexts
    }

    /// - Parameter values: those of the keys, absent ones as null.
    /// - Returns: nil when they are no input.
    package func input(_ values: [BSONValue]) -> [BSONValue]? {
        isAbsent(values) ? nil : values
    }

    package func isAbsent(_ values: [BSONValue]) -> Bool {
        // mechanism blank, off: takesTexts becomes false
        takesTexts ? TextInput.isBlank(values) : values.allSatisfy { $0.type == .null }
    }

    /// The same as an expression that is true where there is an input; it does not go by a collation.
    ///
    /// It judges values as a projection gives them: `{$ne: null}` in a filter judges the values inside of arrays one by one.
    package var expression: BSONDocument {
        ["$or": BSONValue(keys.map { BSONValue(expression(of: $0)) })]
    }

    /// The same for one of the keys, as if the others were absent.
    package func expression(of key: FieldPath) -> BSONDocument {
        let value = BSONValue("$" + key.text)
        guard takesTexts else { return Self.isPresent(value) }
        return Self.isNoBlank(value, arrays: keys.count == 1 ? TextInput.depth : TextInput.depth - 1)
    }

    private static func isPresent(_ value: BSONValue) -> BSONDocument {
        ["$ne": [["$ifNull": [value, .null]], .null]]
    }

    /// - Parameter arrays: how many may lie within each other; any further one is no text.
    private static func isNoBlank(_ value: BSONValue, arrays: Int) -> BSONDocument {
        // A collation may hold texts equal that are not; lengths it does not touch.
        let text: BSONValue = ["$gt": [["$strLenBytes": ["$trim": ["input": value]]], 0]]
        var branches: [BSONValue] = [
            ["case": ["$eq": [["$type": value], "string"]], "then": text]
        ]
        if arrays > 0 {
            let name = "value\(arrays)"
            let elements: BSONValue = [
                "$map": [
                    "input": value, "as": BSONValue(name),
                    "in": BSONValue(isNoBlank(BSONValue("$$" + name), arrays: arrays - 1)),
                ]
            ]
            branches.append(["case": ["$isArray": [value]], "then": ["$anyElementTrue": [elements]]])
        }
        return ["$switch": ["branches": BSONValue(branches), "default": BSONValue(isPresent(value))]]
    }
}
