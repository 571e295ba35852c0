import MongoBSON

/// A command that answers with documents through a cursor.
package protocol QueryCommand: Sendable {
    /// The command's name, as errors show it.
    var operation: String { get }
    /// The collection that the cursor reads; `$cmd.…` for a command about the whole database.
    var collection: String { get }

    func append(to command: inout BSONBuilder)
}

/// A command that inserts, updates or deletes documents of one collection.
package protocol WriteCommand: Sendable {
    /// The command's name, as errors show it.
    var operation: String { get }
    var collection: String { get }

    func append(to command: inout BSONBuilder)
}

extension QueryCommand {
    package func command() -> BSONBuilder {
        var command = BSONBuilder()
        append(to: &command)
        return command
    }
}

extension WriteCommand {
    package func command() -> BSONBuilder {
        var command = BSONBuilder()
        append(to: &command)
        return command
    }
}

extension BSONBuilder {
    /// Appends an array of documents.
    mutating func append(_ documents: [BSONDocument], forKey key: String) {
        array(key) { list in
            for (index, document) in documents.enumerated() { list.append(document, forKey: String(index)) }
        }
    }
}
