import LockstepCore
import MongoBSON
import MongoDriver
import Synchronization

/// Positions and progress in `lockstep.checkpoints`, one document a watcher.
package struct CheckpointStore: Sendable {
    package static let collection = "lockstep.checkpoints"

    package let connection: Connection
    /// The watcher's identifier.
    package let identifier: String
    /// The lease's term in which this process saves. An older term than the stored one saves nothing.
    package let term: Int64
    private let knownUUID = KnownUUID()

    package init(connection: Connection, identifier: String, term: Int64 = 0) {
        self.connection = connection
        self.identifier = identifier
        self.term = term
    }

    /// Reads the checkpoint that a majority has.
    ///
    /// - Parameter isNewest: whether to ask the primary to prove that it still is the primary, so that nobody goes on from
    ///   an older position; for replica sets.
    package func load(isNewest: Bool = false) throws(MongoError) -> StoredCheckpoint {
        // A linearizable read waits for a majority.
        let find = Find(
            Self.collection, ["_id": BSONValue(identifier)], limit: 1, maxTime: 20_000,
            readConcern: isNewest ? .linearizable : .majority)
        let batch = try connection.firstBatch(of: find)
        var stored = StoredCheckpoint()
        if let document = batch.documents.first {
            stored = StoredCheckpoint(document, home: try connection.uuid(of: Self.collection))
        }
        stored.present = batch.operationTime
        return stored
    }

    /// Saves with a majority. Gives the election in which the write was acknowledged.
    ///
    /// - Throws: code 11000 when another process saves in a newer term: the lease is lost.
    package func save(_ checkpoint: Checkpoint) throws(MongoError) -> BSONValue? {
        var fields = checkpoint.document.map { ($0.key, $0.value) }
        fields.append(("term", BSONValue(int64: term)))
        let uuid = try knownUUID.value { () throws(MongoError) in try connection.uuid(of: Self.collection) }
        fields.append(("home", uuid ?? .null))
        return try update(["$set": BSONValue(BSONDocument(fields))])
    }

    /// Writes with a majority that this is the newest term: the acknowledgement proves every earlier write of the same
    /// primary.
    ///
    /// - Throws: as ``save(_:)``.
    package func barrier() throws(MongoError) -> BSONValue? {
        try update(["$set": ["barrier": .objectID(), "term": BSONValue(int64: term), "final": false]])
    }

    /// Marks the checkpoint as not final: a process that moves no position is going to write outputs.
    package func reopen() throws(MongoError) {
        let filter: BSONDocument = ["_id": BSONValue(identifier), "final": true]
        try connection.store(Update(Self.collection, [.init(filter, ["$set": ["final": false]])]))
    }

    /// Forgets the progress of listeners that are gone: should one come back, its documents are scanned.
    package func forget(listeners: Set<String>) throws(MongoError) {
        let gone = BSONValue(listeners.sorted().map { BSONValue($0) })
        _ = try update(["$pull": ["listeners": ["listener": ["$in": gone]]]])
    }

    private func update(_ update: BSONDocument) throws(MongoError) -> BSONValue? {
        // A newer term does not match: then the upsert fails, since the `_id` is taken.
        // mechanism fence, off: BSONValue(int64: term) becomes BSONValue(int64: .max)
        let filter: BSONDocument = [
            "_id": BSONValue(identifier), "$nor": [["term": ["$gt": BSONValue(int64: term)]]],
        ]
        let result = try connection.store(
            Update(Self.collection, [.init(filter, BSONValue(update), isUpsert: true)]))
        if !result.upserted.isEmpty { knownUUID.forget() }
        return result.election
    }
}

/// The UUID of the collection, asked for once until the collection is created anew: each saved position would ask again.
private final class KnownUUID: Sendable {
    private let state = Mutex<BSONValue?>(nil)

    func value(_ ask: () throws(MongoError) -> BSONValue?) throws(MongoError) -> BSONValue? {
        if let known = state.withLock({ $0 }) { return known }
        let found = try ask()
        state.withLock { $0 = found }
        return found
    }

    func forget() {
        state.withLock { $0 = nil }
    }
}
