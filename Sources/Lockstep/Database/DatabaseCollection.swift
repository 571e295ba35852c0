import LockstepCore
import MongoBSON
import MongoDriver

/// Reads and writes of one collection.
///
/// On a replica set these are plain writes, which the change stream reports like anybody else's. On a standalone
/// server each write is also noted in this process, and its predictions are made here.
public struct DatabaseCollection: Sendable {
    let database: Database
    let collection: Collection

    /// A command of MongoDB takes 16 MB; a document alone may be that large.
    private static let bytesPerCommand = 8 << 20
    private static let documentsPerCommand = 10_000

    /// Inserts documents; those without `_id` get an ObjectId.
    ///
    /// - Returns: the `_id`s, in the order of the documents.
    @discardableResult
    public func insertMany(_ documents: [BSONDocument]) async throws -> [BSONValue] {
        let whole = documents.map(\.withID)
        if let error = try await store(whole, replaces: false, goesOn: false).errors.first { throw error }
        return whole.compactMap { $0["_id"] }
    }

    /// Ranges of documents that each fit into a command.
    static func slices(of documents: [BSONDocument]) -> [Range<Int>] {
        var slices: [Range<Int>] = []
        var start = 0
        while start < documents.count {
            var end = start
            var bytes = 0
            while end < documents.count, end - start < documentsPerCommand,
                end == start || bytes + documents[end].bytes.count < bytesPerCommand
            {
                bytes += documents[end].bytes.count
                end += 1
            }
            slices.append(start..<end)
            start = end
        }
        return slices
    }

    /// Updates every document that matches; gives the number of those.
    @discardableResult
    public func updateMany(
        _ filter: BSONDocument, _ update: BSONDocument, upsert: Bool = false
    ) async throws -> Int {
        try await change(filter, BSONValue(update), multi: true, upsert: upsert)
    }

    /// Replaces the first document that matches; gives the number of those, 0 or 1.
    @discardableResult
    public func replaceOne(
        _ filter: BSONDocument, _ replacement: BSONDocument, upsert: Bool = false
    ) async throws -> Int {
        try await change(filter, BSONValue(replacement), multi: false, upsert: upsert)
    }

    /// Deletes every document that matches; gives the number of those.
    @discardableResult
    public func deleteMany(_ filter: BSONDocument) async throws -> Int {
        let ids = database.reportsOwnWrites ? try await matching(filter) : []
        let result = try await write(Delete(collection.name, filter))
        try await database.wrote(ids, to: collection)
        if let error = result.errors.first { throw failure(error, "delete") }
        return result.matched
    }

    /// The documents that match, in the server's order; all are held in memory.
    public func find(
        _ filter: BSONDocument = [:], projection: BSONDocument? = nil, sort: BSONDocument? = nil,
        limit: Int = 0
    ) async throws -> [BSONDocument] {
        let name = collection.name
        return try await database.access.perform { connection in
            var documents: [BSONDocument] = []
            let find = Find(name, filter, projection: projection, sort: sort, limit: limit)
            try connection.query(find) { view in
                documents.append(BSONDocument(trusted: Array(view.bytes)))
            }
            return documents
        }
    }

    private func change(
        _ filter: BSONDocument, _ update: BSONValue, multi: Bool, upsert: Bool
    ) async throws -> Int {
        // Without a change stream, nothing tells which documents an update met: they are named beforehand.
        var filter = filter
        var ids: [BSONValue] = []
        if database.reportsOwnWrites {
            ids = try await matching(filter, limit: multi ? 0 : 1)
            if !ids.isEmpty { filter = ["$and": [BSONValue(filter), ["_id": ["$in": BSONValue(ids)]]]] }
            if ids.isEmpty && !upsert { return 0 }
        }
        let statement = Update.Statement(
            filter, update, isMulti: multi, isUpsert: upsert && ids.isEmpty)
        let result = try await write(Update(collection.name, [statement]))
        try await database.wrote(ids + result.upserted, to: collection)
        if let error = result.errors.first { throw failure(error, "update") }
        return result.matched
    }

    private func matching(_ filter: BSONDocument, limit: Int = 0) async throws -> [BSONValue] {
        try await find(filter, projection: ["_id": 1], limit: limit).compactMap { $0["_id"] }
    }

    func write(_ command: some WriteCommand) async throws -> WriteResult {
        try await database.access.perform { try $0.write(command) }
    }

    func failure(_ error: WriteError, _ operation: String) -> MongoError {
        MongoError(
            error, operation: operation, namespace: database.connection.namespace(of: collection.name))
    }
}

extension BSONDocument {
    /// The document with an `_id` at its head.
    var withID: BSONDocument {
        guard self["_id"] == nil else { return self }
        var builder = BSONBuilder()
        builder.append(BSONValue.objectID(), forKey: "_id")
        builder.append(elementsOf: self)
        return builder.finish()
    }
}
