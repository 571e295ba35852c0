import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

/// Calls a listener's model again and compares its outputs with the stored ones: finds what provenance cannot show.
package struct Recomputation {
    package let connection: Connection
    package let listener: Listener
    /// The listener's, with its calls counted.
    package let model: any Provider

    package init(connection: Connection, listener: Listener, model: any Provider) {
        self.connection = connection
        self.listener = listener
        self.model = model
    }

    /// Compares all outputs that count as fresh.
    package func run() async throws -> RecomputationReport {
        var report = RecomputationReport()
        let traits = try connection.traits(of: listener.collection.name)
        let reader = DocumentReader(connection, listener, traits)
        var after: BSONValue?
        var inquiry = PatientInquiry(model: model)
        while let page = try nextPage(after: after, reader) {
            after = page.upTo
            let entries = page.entries
            guard !entries.isEmpty else { continue }
            let values = entries.map { $0.values.count == 1 ? $0.values[0] : BSONValue($0.values) }
            for (entry, answer) in zip(entries, try await inquiry.ask(values)) {
                report.count(entry.key.id, stored: entry.output, now: answer)
            }
        }
        return report
    }

    private struct Entry {
        let key: DocumentKey
        let values: [BSONValue]
        let output: BSONValue
    }

    private func nextPage(
        after: BSONValue?, _ reader: DocumentReader
    ) throws -> (upTo: BSONValue, entries: [Entry])? {
        guard !CollectionScan.isEnd(after) else { return nil }
        let evidences = EvidenceProjection([reader], withOutput: true)
        var projection = BSONBuilder()
        evidences.append(to: &projection)
        // `min` begins with the document that the page before ended with.
        let find = Find(
            listener.collection.name, projection: projection.finish(), limit: ScanPlace.pageSize + 1,
            hint: .idHint, min: after.map { ["_id": $0] })
        var upTo: BSONValue?
        var digest = SHA256()
        var found: [(key: DocumentKey, evidence: Evidence)] = []
        try connection.query(find) { view in
            guard let id = view["_id"].map(BSONValue.init(copying:)), id != after else { return }
            upTo = id
            found.append((DocumentKey(id), evidences.evidence(in: view)[0]))
        }
        guard let upTo else { return nil }
        if reader.sink.place == nil {
            let stored = try reader.sink.evidence(of: found.map(\.key))
            for place in found.indices { found[place].evidence.stored = stored[found[place].key] ?? .init() }
        }
        let entries = found.compactMap { key, evidence -> Entry? in
            guard let values = evidence.input, let output = evidence.stored.output else { return nil }
            let fingerprint = Fingerprint(of: values, with: &digest)
            let verdict = evidence.verdict(fingerprint: fingerprint, version: listener.model.version)
            return verdict == .fresh ? Entry(key: key, values: values, output: output) : nil
        }
        let matching = try reader.judge(entries.map(\.key)).matching
        return (upTo, entries.filter { matching.contains($0.key) })
    }
}
