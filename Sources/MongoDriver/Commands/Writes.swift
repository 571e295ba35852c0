import MongoBSON

/// The `insert` command.
package struct Insert: WriteCommand {
    package let collection: String
    package var documents: [BSONDocument]
    /// Ends at the first document that is refused.
    package var isOrdered: Bool

    package let operation = "insert"

    package init(_ collection: String, _ documents: [BSONDocument], isOrdered: Bool = true) {
        self.collection = collection
        self.documents = documents
        self.isOrdered = isOrdered
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "insert")
        if !isOrdered { command.append(false, forKey: "ordered") }
        command.append(documents, forKey: "documents")
    }
}

/// The `update` command.
package struct Update: WriteCommand {
    /// One of the command's updates.
    package struct Statement: Sendable {
        package var filter: BSONDocument
        /// Operators, a whole document, or the stages of a pipeline.
        package var update: BSONValue
        /// Every document that matches; else the first.
        package var isMulti: Bool
        /// Inserts a document where none matches.
        package var isUpsert: Bool
        /// The name or the keys of the index to use.
        package var hint: BSONValue?

        package init(
            _ filter: BSONDocument, _ update: BSONValue, isMulti: Bool = false, isUpsert: Bool = false,
            hint: BSONValue? = nil
        ) {
            self.filter = filter
            self.update = update
            self.isMulti = isMulti
            self.isUpsert = isUpsert
            self.hint = hint
        }
    }

    package let collection: String
    package var statements: [Statement]
    /// Ends at the first update that is refused.
    package var isOrdered: Bool

    package let operation = "update"

    package init(_ collection: String, _ statements: [Statement], isOrdered: Bool = true) {
        self.collection = collection
        self.statements = statements
        self.isOrdered = isOrdered
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "update")
        if !isOrdered { command.append(false, forKey: "ordered") }
        command.array("updates") { updates in
            for (index, statement) in statements.enumerated() {
                updates.document(String(index)) { statement.append(to: &$0) }
            }
        }
    }
}

extension Update.Statement {
    fileprivate func append(to statement: inout BSONBuilder) {
        statement.append(filter, forKey: "q")
        statement.append(update, forKey: "u")
        if isMulti { statement.append(true, forKey: "multi") }
        if isUpsert { statement.append(true, forKey: "upsert") }
        if let hint { statement.append(hint, forKey: "hint") }
    }
}

/// The `delete` command: every document that matches the filter.
package struct Delete: WriteCommand {
    package let collection: String
    package var filter: BSONDocument
    /// At most one document.
    package var isSingle: Bool

    package let operation = "delete"

    package init(_ collection: String, _ filter: BSONDocument, isSingle: Bool = false) {
        self.collection = collection
        self.filter = filter
        self.isSingle = isSingle
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "delete")
        command.array("deletes") { deletes in
            deletes.document("0") { statement in
                statement.append(filter, forKey: "q")
                statement.append(isSingle ? 1 : 0, forKey: "limit")
            }
        }
    }
}
