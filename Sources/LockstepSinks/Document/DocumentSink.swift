import LockstepCore
import MongoBSON
import MongoDriver

/// Keeps the outputs in the documents themselves, beside what they were computed from.
package struct DocumentSink: Sink {
    package let connection: Connection
    package let listener: Listener
    package let collations: Collations
    package let elections: Elections

    package init(connection: Connection, listener: Listener, collations: Collations, elections: Elections) {
        self.connection = connection
        self.listener = listener
        self.collations = collations
        self.elections = elections
    }

    package let guardStrength = GuardStrength.input

    package var place: OutputPlace? {
        listener.place
    }

    package func deliver(_ changes: [OutputChange]) throws -> Delivery {
        let result = try writer.write(changes)
        elections.note(result.election)
        var delivery = Delivery(delivered: result.matched)
        for error in result.errors where delivery.exceptions[error.index] == nil {
            // Somebody put it there again after it was cleared.
            delivery.exceptions[error.index] =
                error.code == MongoError.Code.pathNotViable ? .superseded : .refused(refusal(error))
        }
        let isShort = result.matched + delivery.exceptions.count < changes.count
        if isShort, result.matched == 0 {
            for place in changes.indices where delivery.exceptions[place] == nil {
                delivery.exceptions[place] = .superseded
            }
        } else {
            delivery.isUndecided = isShort
        }
        return delivery
    }

    private var writer: OutputWriter {
        get throws {
            let traits = try collations.traits(of: listener.collection.name)
            return OutputWriter(
                connection: connection, listener: listener, comparison: ByteComparison(listener, traits))
        }
    }

    private func refusal(_ error: WriteError) -> SinkRefusal {
        let verdict = WriteVerdict(error)
        let namespace = connection.namespace(of: listener.collection.name)
        let reason =
            verdict == .wait
            ? "MongoDB takes no writes: \(MongoError(error, operation: "update", namespace: namespace))"
            : "MongoDB refuses the output: \(error.refusal)"
        let isOfRule = verdict == .rule || error.code == MongoError.Code.validation
        return SinkRefusal(
            verdict: verdict, reason: reason, rule: isOfRule ? error.code : nil,
            isAboutSize: error.isAboutSize, isAboutRequest: MongoError.isAboutRequest(code: error.code))
    }

    package func clearObstructions(_ keys: [DocumentKey]) throws {
        try writer.clearPath(keys)
    }

    package func disown(_ keys: [DocumentKey]) throws -> Set<DocumentKey> {
        try Disowning(connection: connection, elections: elections).disown(keys, of: listener)
    }
}

// MARK: Evidence

extension DocumentSink {
    package func project(_ projection: inout BSONBuilder, as number: Int, withOutput: Bool) {
        projection.append("$" + listener.provenancePath.text, forKey: "p\(number)")
        projection.document("o\(number)") { $0.append("$" + listener.outputPath.text, forKey: "$type") }
        if withOutput { projection.append("$" + listener.outputPath.text, forKey: "v\(number)") }
    }

    package func evidence(in document: BSONView, as number: Int, withOutput: Bool) -> OutputEvidence {
        let provenance = document["p\(number)"]
        let output = document["o\(number)"]?.string
        return OutputEvidence(
            hasOutput: output != "missing", hasProvenance: provenance != nil,
            provenance: Provenance(provenance),
            // An array stands above our fields.
            isObstructed: provenance?.type == .array || (output == "array" && provenance == nil),
            output: withOutput ? document["v\(number)"].map(BSONValue.init(copying:)) : nil)
    }

    package func outputs(of keys: [DocumentKey]) throws -> [DocumentKey: BSONValue] {
        var found: [DocumentKey: BSONValue] = [:]
        for some in keys.perCommand {
            var command = BSONBuilder()
            command.append(listener.collection.name, forKey: "find")
            command.document("filter") { $0.appendIDs(some) }
            command.document("projection") { $0.append("$" + listener.outputPath.text, forKey: "v") }
            try connection.query(command, collection: listener.collection.name) { view in
                guard let id = view["_id"], let output = view["v"] else { return }
                found[DocumentKey(BSONValue(copying: id))] = BSONValue(copying: output)
            }
        }
        return found
    }

    package func examples(of version: String) throws -> [StoredOutput] {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") {
            $0.append(version, forKey: listener.provenancePath.text + ".version")
        }
        command.document("projection") { projection in
            projection.append("$" + listener.outputPath.text, forKey: "v")
            projection.append("$" + listener.provenancePath.text, forKey: "p")
        }
        command.append(20, forKey: "limit")
        command.append(2000, forKey: "maxTimeMS")
        var examples: [StoredOutput] = []
        try connection.query(command, collection: listener.collection.name) { view in
            // The collection may take another version for equal.
            guard let id = view["_id"], let output = view["v"], let provenance = Provenance(view["p"]),
                provenance.version == version
            else { return }
            examples.append(
                StoredOutput(
                    key: DocumentKey(BSONValue(copying: id)), output: BSONValue(copying: output),
                    provenance: provenance))
        }
        return examples
    }
}

extension Connection {
    /// Where a listener's outputs live.
    package func sink(
        of listener: Listener, collations: Collations? = nil, elections: Elections = Elections()
    ) -> any Sink {
        listener.store?.sink(of: listener.id)
            ?? DocumentSink(
                connection: self, listener: listener,
                collations: collations ?? Collations(connection: self), elections: elections)
    }
}
