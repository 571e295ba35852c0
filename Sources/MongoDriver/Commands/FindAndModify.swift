import MongoBSON

/// The `findAndModify` command: changes at most one document and answers with it as it is then.
package struct FindAndModify: Sendable {
    package let collection: String
    package var filter: BSONDocument
    /// The stages of a pipeline.
    package var update: [BSONDocument]
    package var isUpsert: Bool
    package var concern: WriteConcern

    package let operation = "findAndModify"

    package init(
        _ collection: String, _ filter: BSONDocument, update: [BSONDocument], isUpsert: Bool,
        concern: WriteConcern
    ) {
        self.collection = collection
        self.filter = filter
        self.update = update
        self.isUpsert = isUpsert
        self.concern = concern
    }

    /// The answer.
    package struct Outcome: Sendable {
        package let document: BSONDocument?
        /// The write is done, and not acknowledged as the write concern demands.
        package let concernError: MongoError?
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "findAndModify")
        command.append(filter, forKey: "query")
        command.append(update, forKey: "update")
        command.append(isUpsert, forKey: "upsert")
        command.append(true, forKey: "new")
        command.append(elementsOf: concern.options)
    }
}
