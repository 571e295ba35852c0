import MongoBSON

/// The `createIndexes` command for one index.
package struct CreateIndex: Sendable {
    package let collection: String
    package var name: String
    package var keys: BSONDocument
    /// Holds only documents that have the field.
    package var isSparse: Bool

    package let operation = "createIndexes"

    package init(_ collection: String, name: String, keys: BSONDocument, isSparse: Bool = false) {
        self.collection = collection
        self.name = name
        self.keys = keys
        self.isSparse = isSparse
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "createIndexes")
        command.array("indexes") { indexes in
            indexes.document("0") { index in
                index.append(keys, forKey: "key")
                index.append(name, forKey: "name")
                if isSparse { index.append(true, forKey: "sparse") }
            }
        }
    }
}
