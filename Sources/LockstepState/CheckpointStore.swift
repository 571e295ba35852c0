import LockstepCore
import MongoBSON
import MongoDriver
import Synchronization

/// Positions and progress in `lockstep.checkpoints`, one document a watcher.
package struct CheckpointStore: Sendable {
    package static let collection = "lockstep.checkpoints"

    package let connection: Connection
    /// The watcher's.
    package let identifier: String
    /// The lease's term that this process saves in. An older one than what is stored saves nothing.
    package let term: Int64
    /// What ``home()`` found, until the collection is made anew.
    private let knownHome = KnownHome()

    package init(connection: Connection, identifier: String, term: Int64 = 0) {
        self.connection = connection
        self.identifier = identifier
        self.term = term
    }

    /// - Parameter isNewest: whether it must not be read from a primary that was followed by another one and does not
    ///   know yet, so that nobody goes on from an older position; for replica sets.
    package func load(isNewest: Bool = false) throws(MongoError) -> StoredCheckpoint {
        let command: BSONDocument = [
            "find": BSONValue(Self.collection), "filter": ["_id": BSONValue(identifier)], "limit": 1,
            "readConcern": ["level": isNewest ? "linearizable" : "majority"],
            // A linearizable read waits for a majority.
            "maxTimeMS": 20_000,
        ]
        let reply = try connection.run(
            command, operation: "find", namespace: connection.namespace(of: Self.collection))
        var stored = StoredCheckpoint()
        if let document = reply[path: "cursor.firstBatch"]?.array?.first?.document {
            stored = StoredCheckpoint(document, home: try home())
        }
        stored.present = reply["operationTime"]?.timestamp
        return stored
    }

    /// The UUID of the collection that holds the checkpoints: one that was restored from a dump, or copied with the
    /// database, is another one, and its positions are of another oplog.
    private func home() throws(MongoError) -> BSONValue? {
        let reply = try connection.run(
            [
                "listCollections": 1, "filter": ["name": BSONValue(Self.collection)],
                "cursor": BSONValue(BSONDocument()),
            ], operation: "listCollections")
        return reply[path: "cursor.firstBatch"]?.array?.first?.document?[path: "info.uuid"]
    }

    /// Saves with majority. Gives the election that it was acknowledged in.
    ///
    /// - Throws: code 11000 when somebody saves in a newer term: the lease was lost.
    package func save(_ checkpoint: Checkpoint) throws(MongoError) -> BSONValue? {
        var fields = checkpoint.document.map { ($0.key, $0.value) }
        fields.append(("term", BSONValue(int64: term)))
        fields.append(("home", try knownHome.value { () throws(MongoError) in try home() } ?? .null))
        return try update(["$set": BSONValue(BSONDocument(fields))])
    }

    /// A majority write of no meaning but that this is the newest term: its acknowledgement proves every earlier write
    /// of the same primary.
    ///
    /// - Throws: as ``save(_:)``.
    package func barrier() throws(MongoError) -> BSONValue? {
        try update(["$set": ["barrier": .objectID(), "term": BSONValue(int64: term), "final": false]])
    }

    /// Outputs are going to be written by somebody who moves no position.
    package func reopen() throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.append(
                ["q": ["_id": BSONValue(identifier), "final": true], "u": ["$set": ["final": false]]]
                    as BSONDocument, forKey: "0")
        }
        try connection.store(command, collection: Self.collection, operation: "update")
    }

    /// These listeners are none any more: should one come back, its documents are scanned.
    package func forget(listeners: Set<String>) throws(MongoError) {
        let gone = BSONValue(listeners.sorted().map { BSONValue($0) })
        _ = try update(["$pull": ["listeners": ["listener": ["$in": gone]]]])
    }

    private func update(_ update: BSONDocument) throws(MongoError) -> BSONValue? {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { filter in
                    filter.append(identifier, forKey: "_id")
                    // With an upsert: a newer term does not match, and then the `_id` is taken.
                    filter.array("$nor") { none in
                        none.document("0") { newer in
                            // mechanism fence, off:
                            //   $0.append(int64: term, forKey: "$gt") becomes $0.append(int64: .max, forKey: "$gt")
                            newer.document("term") { $0.append(int64: term, forKey: "$gt") }
                        }
                    }
                }
                operation.append(update, forKey: "u")
                operation.append(true, forKey: "upsert")
            }
        }
        let result = try connection.store(command, collection: Self.collection, operation: "update")
        if !result.upserted.isEmpty { knownHome.forget() }
        return result.election
    }
}

/// Asked once: each saved position would ask again, on an idle server too.
private final class KnownHome: Sendable {
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

extension Checkpoint {
    private static let format = 1

    /// Nil when it was written by hand or by a version that stores something else.
    package init?(_ document: BSONDocument) {
        guard document["format"]?.int == Self.format, let stream = document["stream"]?.string else {
            return nil
        }
        let position = document["token"]?.document.map(Position.init(token:)).flatMap {
            // A token without a time in it is none.
            $0.clusterTime.seconds == 0 ? nil : $0
        }
        self.init(
            position: position, stream: stream, listeners: [:],
            at: document["at"]?.millisecondsSince1970 ?? 0,
            auditedFrom: document["auditedFrom"]?.millisecondsSince1970,
            isFinal: document["final"]?.bool ?? false)
        audit = document["audit"]?.document.flatMap(AuditRound.init)
        for entry in document["listeners"]?.array ?? [] {
            guard let entry = entry.document, let id = entry["listener"]?.string,
                let definition = entry["definition"]?.string
            else { continue }
            listeners[id] = ScanProgress(
                definition: definition, isComplete: entry["complete"]?.bool ?? false, after: entry["after"])
            if let shape = entry["shape"]?.string, let time = entry["reflected"]?.timestamp {
                let version = entry["version"]?.string
                reflected[ListenerSignature(id: id, shape: shape, version: version)] = time
            }
            if let documents = entry["documents"]?.int, let without = entry["withoutInput"]?.int,
                documents >= without, without >= 0
            {
                inputs[definition] = InputShare(documents: documents, withoutInput: without)
            }
        }
    }

    package var document: BSONDocument {
        let reflected = Dictionary(reflected.map { ($0.key.id, $0) }, uniquingKeysWith: { first, _ in first })
        let progress = listeners.sorted { $0.key < $1.key }.map { id, progress in
            var fields: [(String, BSONValue)] = [
                ("listener", BSONValue(id)), ("definition", BSONValue(progress.definition)),
                ("complete", BSONValue(progress.isComplete)),
            ]
            if let after = progress.after { fields.append(("after", after)) }
            if let (listener, time) = reflected[id] {
                fields.append(("reflected", BSONValue(timestamp: time)))
                fields.append(("shape", BSONValue(listener.shape)))
                fields.append(("version", listener.version.map { BSONValue($0) } ?? .null))
            }
            if let share = inputs[progress.definition] {
                fields.append(("documents", BSONValue(share.documents)))
                fields.append(("withoutInput", BSONValue(share.withoutInput)))
            }
            return BSONValue(BSONDocument(fields))
        }
        return [
            "format": BSONValue(Self.format),
            "token": position.map { BSONValue($0.token) } ?? .null,
            "clusterTime": position.map { BSONValue(timestamp: $0.clusterTime) } ?? .null,
            "stream": BSONValue(stream),
            "listeners": BSONValue(progress),
            "at": BSONValue(millisecondsSince1970: at),
            "audit": audit.map { BSONValue($0.document) } ?? .null,
            "auditedFrom": auditedFrom.map { BSONValue(millisecondsSince1970: $0) } ?? .null,
            "final": BSONValue(isFinal),
        ]
    }
}

extension StoredCheckpoint {
    /// - Parameter home: of the collection as it is now.
    package init(_ document: BSONDocument, home: BSONValue?) {
        self.init()
        term = Int64(document["term"]?.int ?? 0)
        // A barrier alone is no checkpoint yet.
        guard document["format"] != nil else { return }
        guard let checkpoint = Checkpoint(document) else {
            problem =
                "what is stored in `\(CheckpointStore.collection)` was written by hand or by another version of Lockstep"
            return
        }
        // mechanism home
        if let stored = document["home"], stored != home {
            problem = "the database was restored or copied: its position belongs to another oplog"
            return
        }
        if checkpoint.position == nil, document["token"]?.type != .null {
            problem = "the stored resume token is not valid"
        }
        self.checkpoint = checkpoint
    }
}
