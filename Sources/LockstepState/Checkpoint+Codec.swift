import LockstepCore
import MongoBSON

extension Checkpoint {
    private static let format = 1

    /// Nil when a person or another version of Lockstep wrote the document.
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
                let truncated = entry["truncated"]?.int ?? 0
                inputs[definition] = InputShare(
                    documents: documents, withoutInput: without,
                    truncated: min(max(0, truncated), documents))
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
                if share.truncated > 0 { fields.append(("truncated", BSONValue(share.truncated))) }
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
    /// - Parameter home: the UUID of `lockstep.checkpoints` as it is now.
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
