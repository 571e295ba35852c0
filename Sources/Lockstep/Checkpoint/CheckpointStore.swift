/// Positions and progress in `lockstep.checkpoints`, one document a watcher.
package struct CheckpointStore: Sendable {
    package static let collection = "lockstep.checkpoints"

    let connection: Connection
    /// The watcher's.
    let identifier: String

    package init(connection: Connection, identifier: String) {
        self.connection = connection
        self.identifier = identifier
    }

    package func load() throws(MongoError) -> Checkpoint? {
        let command: BSONDocument = [
            "find": BSONValue(Self.collection), "filter": ["_id": BSONValue(identifier)], "limit": 1,
            "readConcern": ["level": "majority"],
        ]
        let reply = try connection.run(
            command, operation: "find", namespace: connection.namespace(of: Self.collection))
        return (reply[path: "cursor.firstBatch"]?.array?.first?.document).flatMap(Checkpoint.init)
    }

    /// Saves with majority. Gives the term of office it was acknowledged in.
    func save(_ checkpoint: Checkpoint) throws(MongoError) -> BSONValue? {
        try update(["$set": BSONValue(checkpoint.document)])
    }

    /// A majority write of no meaning: its acknowledgement proves every earlier write of the same term.
    func barrier() throws(MongoError) -> BSONValue? {
        try update(["$inc": ["barriers": BSONValue(int64: 1)]])
    }

    private func update(_ update: BSONDocument) throws(MongoError) -> BSONValue? {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { $0.append(identifier, forKey: "_id") }
                operation.append(update, forKey: "u")
                operation.append(true, forKey: "upsert")
            }
        }
        return try connection.write(
            command, collection: Self.collection, concern: .majority, operation: "update"
        ).election
    }
}

/// What is known to be done.
package struct Checkpoint: Sendable {
    /// How far a listener's documents were looked through.
    package struct Progress: Sendable, Hashable {
        /// What the listener was then: another definition means another look at everything.
        package var definition: String
        package var isComplete: Bool
        /// The `_id` up to which a scan has come.
        package var after: BSONValue?
    }

    /// Where the stream goes on; nil on a standalone server.
    package var position: Position?
    /// What the stream was made of; a token is good only for the same.
    package var stream: String
    package var listeners: [String: Progress]
    /// Milliseconds since 1970.
    package var at: Int64
    /// When the last whole look through everything began, on a standalone server.
    package var auditedFrom: Int64?

    init(
        position: Position?, stream: String, listeners: [String: Progress], at: Int64,
        auditedFrom: Int64? = nil
    ) {
        self.auditedFrom = auditedFrom
        self.position = position
        self.stream = stream
        self.listeners = listeners
        self.at = at
    }

    /// True when everything that was there when the watcher started has been looked at.
    package var isComplete: Bool {
        listeners.values.allSatisfy(\.isComplete)
    }
}

extension Checkpoint {
    private static let format = 1

    /// Nil when it was written by hand or by a version that stores something else: as if there were none.
    init?(_ document: BSONDocument) {
        guard document["format"]?.int == Self.format, let stream = document["stream"]?.string else {
            return nil
        }
        self.stream = stream
        position = document["token"]?.document.map(Position.init(token:))
        at = document["at"]?.millisecondsSince1970 ?? 0
        auditedFrom = document["auditedFrom"]?.millisecondsSince1970
        listeners = [:]
        for entry in document["listeners"]?.array ?? [] {
            guard let entry = entry.document, let id = entry["listener"]?.string,
                let definition = entry["definition"]?.string
            else { continue }
            listeners[id] = Progress(
                definition: definition, isComplete: entry["complete"]?.bool ?? false, after: entry["after"])
        }
    }

    var document: BSONDocument {
        let progress = listeners.sorted { $0.key < $1.key }.map { id, progress in
            var fields: [(String, BSONValue)] = [
                ("listener", BSONValue(id)), ("definition", BSONValue(progress.definition)),
                ("complete", BSONValue(progress.isComplete)),
            ]
            if let after = progress.after { fields.append(("after", after)) }
            return BSONValue(BSONDocument(fields))
        }
        return [
            "format": BSONValue(Self.format),
            "token": position.map { BSONValue($0.token) } ?? .null,
            "clusterTime": position.map { BSONValue(timestamp: $0.clusterTime) } ?? .null,
            "stream": BSONValue(stream),
            "listeners": BSONValue(progress),
            "at": BSONValue(millisecondsSince1970: at),
            "auditedFrom": auditedFrom.map { BSONValue(millisecondsSince1970: $0) } ?? .null,
        ]
    }
}
