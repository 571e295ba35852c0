/// Reads what one listener needs of documents as they are now, in one query.
struct DocumentReader {
    let connection: Connection
    let listener: Listener
    /// What to name so that texts are compared by their bytes; see ``Collations``.
    let collation: BSONDocument?

    /// The evidence of each document that exists, by its key.
    func read(_ keys: [DocumentKey]) throws -> [DocumentKey: Evidence] {
        var found: [DocumentKey: Evidence] = [:]
        found.reserveCapacity(keys.count)
        guard let filter = listener.filter else {
            try query(keys, matching: nil) { found[$0] = $1 }
            return found
        }
        // The server decides what the listener's filter matches; the others are read for what is to go.
        try query(keys, matching: filter) { found[$0] = $1 }
        let rest = keys.filter { found[$0] == nil }
        guard !rest.isEmpty else { return found }
        try query(rest, matching: nil) { key, evidence in
            var evidence = evidence
            evidence.input = nil
            evidence.isUnmatched = true
            found[key] = evidence
        }
        return found
    }

    private func query(
        _ keys: [DocumentKey], matching filter: BSONDocument?, _ body: (DocumentKey, Evidence) -> Void
    ) throws {
        var command = command(keys, matching: filter)
        command.document("projection") { EvidenceProjection.append(listener, prefix: "", to: &$0) }
        try connection.query(command, collection: listener.collection.name) { document in
            guard let id = document["_id"] else { return }
            body(
                DocumentKey(BSONValue(copying: id)),
                EvidenceProjection.evidence(of: listener, in: document, prefix: ""))
        }
    }

    /// Those of the documents that a filter matches.
    func matching(_ filter: BSONDocument, _ keys: [DocumentKey]) throws -> Set<DocumentKey> {
        var found: Set<DocumentKey> = []
        var command = command(keys, matching: filter)
        command.document("projection") { $0.append(1, forKey: "_id") }
        try connection.query(command, collection: listener.collection.name) { view in
            if let id = view["_id"] { found.insert(DocumentKey(BSONValue(copying: id))) }
        }
        return found
    }

    private func command(_ keys: [DocumentKey], matching filter: BSONDocument?) -> BSONBuilder {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") { conditions in
            conditions.document("_id") { id in
                id.array("$in") { list in
                    for (index, key) in keys.enumerated() { list.append(key.id, forKey: String(index)) }
                }
            }
            if let filter { conditions.array("$and") { $0.append(filter, forKey: "0") } }
        }
        if let collation { command.append(collation, forKey: "collation") }
        command.append(keys.count + 1, forKey: "batchSize")
        return command
    }
}

/// The computed fields by which a query brings a listener's evidence: values by their position, so that no field
/// name of the user's can clash, and of the output only whether it is there.
enum EvidenceProjection {
    static func append(_ listener: Listener, prefix: String, to projection: inout BSONBuilder) {
        for (index, key) in listener.keys.enumerated() {
            projection.append("$" + key.text, forKey: "\(prefix)i\(index)")
        }
        projection.append("$" + listener.provenancePath.text, forKey: prefix + "p")
        projection.document(prefix + "o") { $0.append("$" + listener.outputPath.text, forKey: "$type") }
    }

    static func evidence(of listener: Listener, in document: BSONView, prefix: String) -> Evidence {
        let values = listener.keys.indices.map { index -> BSONValue in
            guard let element = document["\(prefix)i\(index)"], element.type != .undefined else {
                return .null
            }
            return BSONValue(copying: element)
        }
        let provenance = document[prefix + "p"]
        return Evidence(
            input: values.allSatisfy { $0.type == .null } ? nil : values,
            hasOutput: document[prefix + "o"]?.string != "missing",
            hasProvenance: provenance != nil,
            provenance: Provenance(provenance))
    }
}

extension BSONDocument {
    /// Byte by byte, whatever the collection's default is.
    static let simpleCollation: BSONDocument = ["locale": "simple"]
}
