/// Calls a listener's model again and compares with what is stored: finds what provenance cannot tell.
struct Recomputation {
    let connection: Connection
    let listener: Listener

    /// Vectors of the same text differ in their last digits when they are computed in other batches.
    static let tolerance = 1e-3

    /// Hands on each document whose fresh output differs from what the model says now.
    ///
    /// - Returns: how many outputs were compared.
    func run(_ body: (DocumentKey) -> Void) async throws -> Int {
        var compared = 0
        var after: BSONValue?
        while let page = try nextPage(after: after) {
            after = page.upTo
            let entries = page.entries
            guard !entries.isEmpty else { continue }
            let values = entries.map { $0.values.count == 1 ? $0.values[0] : BSONValue($0.values) }
            for range in listener.model.limits.batches(sizes: values.map(\.bytes.count)) {
                let results = try await listener.model.predict(Array(values[range]))
                for (entry, result) in zip(entries[range], results) {
                    compared += 1
                    guard case .success(let value) = result, Self.agree(value, entry.output) else {
                        body(entry.key)
                        continue
                    }
                }
            }
        }
        return compared
    }

    private struct Entry {
        let key: DocumentKey
        let values: [BSONValue]
        let output: BSONValue
    }

    private func nextPage(after: BSONValue?) throws -> (upTo: BSONValue, entries: [Entry])? {
        guard !CollectionScan.isEnd(after) else { return nil }
        let evidences = EvidenceProjection([listener])
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("hint") { $0.append(1, forKey: "_id") }
        if let after { command.document("min") { $0.append(after, forKey: "_id") } }
        command.document("projection") { projection in
            evidences.append(to: &projection)
            projection.append("$" + listener.outputPath.text, forKey: "v")
        }
        // `min` begins with the document that the page before ended with.
        command.append(CollectionScan.pageSize + 1, forKey: "limit")
        var upTo: BSONValue?
        var digest = SHA256()
        var entries: [Entry] = []
        try connection.query(command, collection: listener.collection.name) { view in
            guard let id = view["_id"].map(BSONValue.init(copying:)), id != after else { return }
            upTo = id
            let evidence = evidences.evidence(in: view)[0]
            guard let values = evidence.input, let output = view["v"] else { return }
            let fingerprint = Fingerprint(of: values, with: &digest)
            guard evidence.verdict(fingerprint: fingerprint, version: listener.model.version) == .fresh else {
                return
            }
            entries.append(
                Entry(key: DocumentKey(id), values: values, output: BSONValue(copying: output)))
        }
        guard let upTo else { return nil }
        let traits = try connection.traits(of: listener.collection.name)
        let matching = try DocumentReader(
            connection: connection, listener: listener, comparison: ByteComparison(listener, traits)
        ).judge(entries.map(\.key)).matching
        return (upTo, entries.filter { matching.contains($0.key) })
    }

    static func agree(_ one: BSONValue, _ other: BSONValue) -> Bool {
        if one == other { return true }
        guard one.type == other.type else { return false }
        if let one = one.double, let other = other.double { return abs(one - other) <= tolerance }
        guard let one = one.floats, let other = other.floats, one.count == other.count else { return false }
        return zip(one, other).allSatisfy { Double(abs($0 - $1)) <= tolerance }
    }
}

extension Database {
    /// Calls the models again for every fresh output and compares.
    ///
    /// - Returns: for each listener, in their order, how many outputs were compared and the documents that differ.
    public func recompute() async throws -> [(compared: Int, different: [BSONValue])] {
        var results: [(compared: Int, different: [BSONValue])] = []
        for listener in listeners {
            let recomputation = Recomputation(connection: connection, listener: listener)
            let result = try await withTaskExecutorPreference(threads) {
                var different: [BSONValue] = []
                let compared = try await recomputation.run { different.append($0.id) }
                return (compared, different)
            }
            results.append(result)
        }
        return results
    }
}
