import MongoBSON
import MongoDriver

extension DatabaseCollection {
    /// The outcome for documents that were stored together.
    package struct Stored: Sendable {
        package var inserted = 0
        package var replaced = 0
        /// The refusals, each with the place of its document.
        package var errors: [MongoError] = []
    }

    /// Inserts documents, or puts each in the place of the one with its `_id`.
    ///
    /// - Parameters:
    ///   - replaces: a document that is there is replaced; else it is an error.
    ///   - goesOn: the documents behind a refused one are stored too.
    /// - Throws: an error that concerns more than single documents.
    package func store(_ documents: [BSONDocument], replaces: Bool, goesOn: Bool) async throws -> Stored {
        let whole = documents.map { replaces ? $0.withLeadingID : $0.withID }
        var stored = Stored()
        for range in Self.slices(of: whole) {
            let slice = Array(whole[range])
            let result =
                replaces
                ? try await write(Self.replacements(slice, in: collection.name, isOrdered: !goesOn))
                : try await write(Insert(collection.name, slice, isOrdered: !goesOn))
            let refused = Set(result.errors.map(\.index))
            // Ordered, nothing behind the first error was tried.
            let tried = goesOn ? slice.count : result.errors.first?.index ?? slice.count
            let ids = slice.indices.prefix(tried).filter { !refused.contains($0) }.compactMap {
                slice[$0]["_id"]
            }
            try await database.wrote(ids, to: collection)
            stored.inserted += replaces ? result.upserted.count : result.matched
            stored.replaced += replaces ? result.matched - result.upserted.count : 0
            stored.errors += result.errors.map { error in
                var failure = failure(error, replaces ? "update" : "insert")
                failure.place = range.lowerBound + error.index
                return failure
            }
            if !goesOn, !stored.errors.isEmpty { break }
        }
        return stored
    }

    private static func replacements(
        _ documents: [BSONDocument], in collection: String, isOrdered: Bool
    ) -> Update {
        let statements = documents.map { document in
            Update.Statement(
                ["_id": ["$eq": document["_id"] ?? .null]], BSONValue(document), isUpsert: true)
        }
        return Update(collection, statements, isOrdered: isOrdered)
    }
}

extension BSONDocument {
    /// The document with its `_id` at its head: one that begins with `$` would be taken for an update.
    fileprivate var withLeadingID: BSONDocument {
        guard let id = self["_id"] else { return withID }
        guard first(where: { _ in true })?.key != "_id" else { return self }
        return BSONDocument([("_id", id)] + filter { $0.key != "_id" }.map { ($0.key, $0.value) })
    }
}
