import LockstepCore
import MongoBSON
import MongoDriver

/// Reads what one listener needs of documents as they are now, in as few queries as their `_id`s fit into.
package struct DocumentReader {
    package let connection: Connection
    package let listener: Listener
    package let comparison: ByteComparison

    package init(connection: Connection, listener: Listener, comparison: ByteComparison) {
        self.connection = connection
        self.listener = listener
        self.comparison = comparison
    }

    /// The evidence of each document that exists, by its key.
    package func read(_ keys: [DocumentKey]) throws -> [DocumentKey: Evidence] {
        var found: [DocumentKey: Evidence] = [:]
        found.reserveCapacity(keys.count)
        guard comparison.filter != nil else {
            for some in keys.perCommand { try query(some, matching: false) { found[$0] = $1 } }
            return found
        }
        // The server decides what the listener's filter matches; the others are read for what is to go.
        let unjudged = try judging(keys) { some in
            try query(some, matching: true) { found[$0] = $1 }
        }
        let rest = keys.filter { found[$0] == nil }
        for some in rest.perCommand {
            try query(some, matching: false) { key, evidence in
                found[key] = evidence.judged(isMatching: false, unjudged: unjudged[key])
            }
        }
        return found
    }

    private func query(
        _ keys: ArraySlice<DocumentKey>, matching: Bool, _ body: (DocumentKey, Evidence) -> Void
    ) throws {
        let projection = EvidenceProjection([listener])
        var command = command(keys, matching: matching)
        command.document("projection") { projection.append(to: &$0) }
        try connection.query(command, collection: listener.collection.name) { document in
            guard let id = document["_id"] else { return }
            body(DocumentKey(BSONValue(copying: id)), projection.evidence(in: document)[0])
        }
    }

    /// What is stored as the output of each document that has one.
    package func outputs(_ keys: [DocumentKey]) throws -> [DocumentKey: BSONValue] {
        var found: [DocumentKey: BSONValue] = [:]
        for slice in keys.perCommand {
            var command = command(slice, matching: false)
            command.document("projection") { $0.append("$" + listener.outputPath.text, forKey: "v") }
            try connection.query(command, collection: listener.collection.name) { view in
                guard let id = view["_id"], let output = view["v"] else { return }
                found[DocumentKey(BSONValue(copying: id))] = BSONValue(copying: output)
            }
        }
        return found
    }

    /// The input of some document whose output is of the model's present version; nil when none is found soon.
    package func example() throws -> [BSONValue]? {
        let projection = EvidenceProjection([listener])
        var example: [BSONValue]?
        try someOfPresentVersion {
            projection.append(to: &$0)
        } _: { view in
            let evidence = projection.evidence(in: view)[0]
            guard example == nil, let input = evidence.input, evidence.hasOutput,
                isPresent(evidence.provenance), evidence.provenance?.input == Fingerprint(of: input)
            else { return }
            example = input
        }
        return example
    }

    /// Some outputs of the model's present version; none when none is found soon.
    package func someOutputs() throws -> [BSONValue] {
        var outputs: [BSONValue] = []
        try someOfPresentVersion { projection in
            projection.append("$" + listener.outputPath.text, forKey: "v")
            projection.append("$" + listener.provenancePath.text, forKey: "p")
        } _: { view in
            guard isPresent(Provenance(view["p"])), let output = view["v"] else { return }
            outputs.append(BSONValue(copying: output))
        }
        return outputs
    }

    private func someOfPresentVersion(
        _ projection: (inout BSONBuilder) -> Void, _ body: (BSONView) -> Void
    ) throws {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") {
            $0.append(listener.model.version, forKey: listener.provenancePath.text + ".version")
        }
        command.document("projection", projection)
        command.append(20, forKey: "limit")
        command.append(2000, forKey: "maxTimeMS")
        try connection.query(command, collection: listener.collection.name, body)
    }

    // The collection may take another version for equal.
    private func isPresent(_ provenance: Provenance?) -> Bool {
        provenance?.version == listener.model.version
    }

    /// The bytes that each of the documents takes.
    package func sizes(_ keys: [DocumentKey]) throws -> [DocumentKey: Int] {
        var found: [DocumentKey: Int] = [:]
        for some in keys.perCommand {
            var command = command(some, matching: false)
            command.document("projection") { projection in
                projection.document("size") { $0.append("$$ROOT", forKey: "$bsonSize") }
            }
            try connection.query(command, collection: listener.collection.name) { view in
                guard let id = view["_id"], let size = view["size"]?.int64 else { return }
                found[DocumentKey(BSONValue(copying: id))] = Int(size)
            }
        }
        return found
    }

    package func command(_ keys: ArraySlice<DocumentKey>, matching: Bool) -> BSONBuilder {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") { conditions in
            conditions.document("_id") { id in
                id.array("$in") { list in
                    for (index, key) in keys.enumerated() { list.append(key.id, forKey: String(index)) }
                }
            }
            if matching, let filter = comparison.filter {
                conditions.array("$and") { $0.append(filter, forKey: "0") }
            }
        }
        if matching, let collation = comparison.collation {
            command.append(collation, forKey: "collation")
        }
        command.append(keys.count + 1, forKey: "batchSize")
        return command
    }
}
