import MongoBSON

/// The `listCollections` command.
package struct ListCollections: QueryCommand {
    /// Only the collection of that name.
    package var name: String?
    /// Only the names and kinds of those that the user may read; a user who may not list the database may ask that.
    package var isNamesOnly: Bool

    package let collection = "$cmd.listCollections"
    package let operation = "listCollections"

    package init(name: String? = nil, isNamesOnly: Bool = false) {
        self.name = name
        self.isNamesOnly = isNamesOnly
    }

    package func append(to command: inout BSONBuilder) {
        command.append(1, forKey: "listCollections")
        if let name { command.document("filter") { $0.append(name, forKey: "name") } }
        if isNamesOnly {
            command.append(true, forKey: "nameOnly")
            command.append(true, forKey: "authorizedCollections")
        }
        command.document("cursor") { _ in }
    }
}

/// The `listIndexes` command.
package struct ListIndexes: QueryCommand {
    package let collection: String
    package let operation = "listIndexes"

    package init(_ collection: String) {
        self.collection = collection
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "listIndexes")
        command.document("cursor") { _ in }
    }
}
