/// Reads what one listener needs of documents as they are now, in as few queries as their `_id`s fit into.
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
        let projection = EvidenceProjection([listener])
        for some in keys.perCommand {
            var command = command(some, matching: filter)
            command.document("projection") { projection.append(to: &$0) }
            try connection.query(command, collection: listener.collection.name) { document in
                guard let id = document["_id"] else { return }
                body(DocumentKey(BSONValue(copying: id)), projection.evidence(in: document)[0])
            }
        }
    }

    /// What is stored as the output of each document that has one.
    func outputs(_ keys: [DocumentKey]) throws -> [DocumentKey: BSONValue] {
        var found: [DocumentKey: BSONValue] = [:]
        for slice in keys.perCommand {
            var command = command(slice, matching: nil)
            command.document("projection") { $0.append("$" + listener.outputPath.text, forKey: "v") }
            try connection.query(command, collection: listener.collection.name) { view in
                guard let id = view["_id"], let output = view["v"] else { return }
                found[DocumentKey(BSONValue(copying: id))] = BSONValue(copying: output)
            }
        }
        return found
    }

    /// The input of some document whose output is of the model's present version; nil when none is found soon.
    func example() throws -> [BSONValue]? {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") {
            $0.append(listener.model.version, forKey: listener.provenancePath.text + ".version")
        }
        let projection = EvidenceProjection([listener])
        command.document("projection") { projection.append(to: &$0) }
        command.append(20, forKey: "limit")
        command.append(2000, forKey: "maxTimeMS")
        var example: [BSONValue]?
        try connection.query(command, collection: listener.collection.name) { view in
            let evidence = projection.evidence(in: view)[0]
            guard example == nil, let input = evidence.input, evidence.hasOutput,
                evidence.provenance?.input == Fingerprint(of: input)
            else { return }
            example = input
        }
        return example
    }

    /// Those of the documents that a filter matches.
    func matching(_ filter: BSONDocument, _ keys: [DocumentKey]) throws -> Set<DocumentKey> {
        var found: Set<DocumentKey> = []
        for some in keys.perCommand {
            var command = command(some, matching: filter)
            command.document("projection") { $0.append(1, forKey: "_id") }
            try connection.query(command, collection: listener.collection.name) { view in
                if let id = view["_id"] { found.insert(DocumentKey(BSONValue(copying: id))) }
            }
        }
        return found
    }

    /// The bytes that each of the documents takes.
    func sizes(_ keys: [DocumentKey]) throws -> [DocumentKey: Int] {
        var found: [DocumentKey: Int] = [:]
        for some in keys.perCommand {
            var command = command(some, matching: nil)
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

    private func command(_ keys: ArraySlice<DocumentKey>, matching filter: BSONDocument?) -> BSONBuilder {
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

/// The computed fields by which a query brings the evidence of listeners: values by their position, so that no field
/// name of the user's can clash and none comes twice, and of the outputs only whether they are there.
struct EvidenceProjection {
    private let listeners: [Listener]
    private let paths: [FieldPath]
    private let places: [[Int]]

    init(_ listeners: [Listener]) {
        var paths: [FieldPath] = []
        places = listeners.map { listener in
            listener.keys.map { key in
                if let known = paths.firstIndex(of: key) { return known }
                paths.append(key)
                return paths.count - 1
            }
        }
        self.listeners = listeners
        self.paths = paths
    }

    func append(to projection: inout BSONBuilder) {
        for (place, path) in paths.enumerated() { projection.append("$" + path.text, forKey: "i\(place)") }
        for (number, listener) in listeners.enumerated() {
            projection.append("$" + listener.provenancePath.text, forKey: "p\(number)")
            projection.document("o\(number)") { $0.append("$" + listener.outputPath.text, forKey: "$type") }
        }
    }

    /// One for each listener, in their order.
    func evidence(in document: BSONView) -> [Evidence] {
        let values = paths.indices.map { place -> BSONValue in
            guard let element = document["i\(place)"], element.type != .undefined else { return .null }
            return BSONValue(copying: element)
        }
        return listeners.indices.map { number in
            let input = places[number].map { values[$0] }
            let provenance = document["p\(number)"]
            let output = document["o\(number)"]?.string
            return Evidence(
                input: input.allSatisfy { $0.type == .null } ? nil : input,
                hasOutput: output != "missing",
                hasProvenance: provenance != nil,
                provenance: Provenance(provenance),
                isWalled: provenance?.type == .array || (output == "array" && provenance == nil))
        }
    }
}

extension BSONDocument {
    /// Byte by byte, whatever the collection's default is.
    static let simpleCollation: BSONDocument = ["locale": "simple"]
}
