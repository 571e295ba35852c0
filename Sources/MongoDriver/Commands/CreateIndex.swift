import MongoBSON

/// The `createIndexes` command for one index.
package struct CreateIndex: Sendable {
    package let collection: String
    package var name: String
    package var keys: BSONDocument
    /// Holds only documents that have the field.
    package var isSparse: Bool
    /// Seconds after the time in the field when a document is removed; nil for never.
    package var expiresAfter: Int?

    package let operation = "createIndexes"

    package init(
        _ collection: String, name: String, keys: BSONDocument, isSparse: Bool = false,
        expiresAfter: Int? = nil
    ) {
        self.collection = collection
        self.name = name
        self.keys = keys
        self.isSparse = isSparse
        self.expiresAfter = expiresAfter
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "createIndexes")
        command.array("indexes") { indexes in
            indexes.document("0") { index in
                index.append(keys, forKey: "key")
                index.append(name, forKey: "name")
                if isSparse { index.append(true, forKey: "sparse") }
                if let expiresAfter { index.append(expiresAfter, forKey: "expireAfterSeconds") }
            }
        }
    }
}
