import LockstepCore
import MongoBSON
import MongoDriver

/// What models have answered, in `lockstep.memo`: one document for each model, version and input.
package struct MemoStore: Sendable {
    package static let collection = "lockstep.memo"
    /// A command of MongoDB takes 16 MB.
    private static let bytesPerCommand = 8 << 20
    private static let index = "at"

    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    package func entries(_ ids: [MemoEntry.ID]) throws -> [MemoEntry.ID: MemoEntry] {
        var found: [MemoEntry.ID: MemoEntry] = [:]
        let filter: BSONDocument = ["_id": ["$in": BSONValue(ids.map(\.value))]]
        try connection.query(Find(Self.collection, filter)) { view in
            if let entry = MemoEntry(view) { found[entry.id] = entry }
        }
        return found
    }

    /// Stores them, in place of what was there.
    ///
    /// - Parameter fields: beside what each entry has.
    package func store(
        _ entries: [MemoEntry], with fields: [(String, BSONValue)] = []
    ) throws(MongoError) {
        for some in entries.slices(bytes: Self.bytesPerCommand, { $0.size }) {
            let statements = some.map { entry in
                Update.Statement(
                    ["_id": entry.id.value], BSONValue(entry.document(with: fields)), isUpsert: true,
                    hint: .idHint)
            }
            let write = Update(Self.collection, statements, isOrdered: false)
            // The outputs are written after it, and acknowledged by a majority: then it has this write, too.
            let result = try connection.write(write, concern: .primary)
            // Another process has stored the same.
            let failed = result.errors.first { $0.code != MongoError.Code.duplicateKey }
            if let failed {
                throw MongoError(
                    failed, operation: write.operation,
                    namespace: connection.namespace(of: Self.collection))
            }
        }
    }

    /// They were used.
    package func touch(_ ids: [MemoEntry.ID], at time: Int64) throws(MongoError) {
        let statement = Update.Statement(
            ["_id": ["$in": BSONValue(ids.map(\.value))]],
            ["$set": ["at": BSONValue(millisecondsSince1970: time)]], isMulti: true)
        try connection.store(Update(Self.collection, [statement]), concern: .primary)
    }

    package func remove(_ ids: [MemoEntry.ID]) throws(MongoError) {
        try connection.store(
            Delete(Self.collection, ["_id": ["$in": BSONValue(ids.map(\.value))]]), concern: .primary)
    }

    /// Has MongoDB remove what was not used for so long; finds the oldest, too.
    package func index(expiringAfter age: Duration) throws(MongoError) {
        try connection.create(
            CreateIndex(
                Self.collection, name: Self.index, keys: ["at": 1], expiresAfter: Int(age / .seconds(1))))
    }

    /// The documents and their bytes, by MongoDB's own count.
    package func size() throws -> (documents: Int, bytes: Int) {
        var (documents, bytes) = (0, 0)
        // One for each shard.
        try connection.query(Aggregate(Self.collection, [["$collStats": ["storageStats": [:]]]])) { view in
            documents += Int(view["storageStats"]?.nested?["count"]?.int64 ?? 0)
            bytes += Int(view["storageStats"]?.nested?["size"]?.int64 ?? 0)
        }
        return (documents, bytes)
    }

    /// Removes those that were not used for the longest time.
    package func removeOldest(_ count: Int) throws {
        guard count > 0 else { return }
        var last: Int64?
        let pipeline: [BSONDocument] = [
            ["$match": Self.unpinned], ["$sort": ["at": 1]], ["$skip": BSONValue(count - 1)], ["$limit": 1],
            ["$project": ["_id": 0, "at": 1]],
        ]
        try connection.query(Aggregate(Self.collection, pipeline)) { last = $0["at"]?.milliseconds }
        guard let last else { return }
        let old: BSONDocument = [
            "at": ["$lte": BSONValue(millisecondsSince1970: last)], Self.batch: ["$exists": false],
        ]
        try connection.store(Delete(Self.collection, old), concern: .primary)
    }
}
