import LockstepCore
import LockstepSinks
import LockstepState
import MongoBSON
import MongoDriver

/// Reads what a listener's documents lack, and writes it into files for the batch API.
struct BatchCollector {
    let handler: Handler
    let service: any BatchService
    let memo: MemoStore
    private var source: MemoEntry.Source { MemoEntry.Source(handler.listener.model) }

    /// Whether more inputs than that are to be asked for. Reads no more documents than it takes to tell.
    func exceeds(_ limit: Int) throws -> Bool {
        var open = 0
        try audit(from: nil) { page in
            let inputs = Set(page.findings.filter { $0.verdict != .extra }.compactMap(\.input))
            open += try inputs.count - memo.entries(inputs.map { source.id(of: $0) }).count
            return open <= limit
        }
        return open > limit
    }

    /// A file that is full, or the last one.
    struct Filled {
        let file: BatchFile
        /// Behind which `_id` the next one goes on; nil when this was the last.
        let after: BSONValue?
        /// What was reserved of the budget for it, by estimate.
        let price: Double
        /// The budget affords no more.
        let isSpent: Bool
    }

    /// Fills a file with inputs that no other job has and that are not known, as far as the budget goes.
    ///
    /// - Parameters:
    ///   - after: the documents behind this `_id`.
    ///   - job: saved before anything is reserved for it.
    func fill(for job: BatchJob, after: BSONValue?) throws -> Filled {
        var reserved = 0.0
        do { return try fill(for: job, after: after, &reserved) } catch {
            handler.costs?.release(reserved)
            throw error
        }
    }

    private func fill(for job: BatchJob, after: BSONValue?, _ reserved: inout Double) throws -> Filled {
        let traits = try handler.collations.traits(of: handler.listener.collection.name)
        let reader = handler.reader(ByteComparison(handler.listener, traits))
        let file = try BatchFile.create(token: job.token, service.limits)
        var read = after
        var (isFull, isSpent) = (false, false)
        try audit(from: after) { page in
            let keys = page.findings.filter { $0.verdict != .extra && $0.input != nil }.map(\.key)
            var (lines, fingerprints): ([[UInt8]], [Fingerprint]) = ([], [])
            var sizes: [Fingerprint: Int] = [:]
            var bytes = file.bytes
            for input in try inputs(of: keys, reader) {
                // The scan asks for what the model refuses, and parks it.
                guard let line = service.line(input.value, id: input.fingerprint.hexadecimal) else {
                    continue
                }
                guard file.takes(bytes - file.bytes + line.count, inputs: lines.count + 1) else {
                    isFull = true
                    break
                }
                lines.append(line)
                fingerprints.append(input.fingerprint)
                sizes[input.fingerprint] = input.value.bytes.count
                bytes += line.count
            }
            var new = try memo.reserve(fingerprints, of: source, token: job.token, at: currentMilliseconds())
            let afforded = afford(fingerprints.filter(new.contains), sizes)
            reserved += afforded.price
            if !afforded.left.isEmpty {
                isSpent = true
                new.subtract(afforded.left)
                try memo.free(afforded.left, of: source, token: job.token)
            }
            try file.write(zip(fingerprints, lines).compactMap { new.contains($0) ? $1 : nil })
            // Of a page that went in by a part the next file has the rest: what is reserved is not written again.
            if !isFull, !isSpent { read = page.upTo }
            return !isFull && !isSpent
        }
        return Filled(file: file, after: isFull ? read : nil, price: reserved, isSpent: isSpent)
    }

    /// Reserves the budget for inputs, from the first on.
    ///
    /// - Returns: what it was reserved for costs by estimate, and the inputs that it does not cover.
    private func afford(
        _ inputs: [Fingerprint], _ sizes: [Fingerprint: Int]
    ) -> (price: Double, left: [Fingerprint]) {
        guard let costs = handler.costs else { return (0, []) }
        let prices = costs.reserve(inputs: inputs.map { sizes[$0] ?? 0 }, share: service.share)
        return (prices.reduce(0, +), Array(inputs.dropFirst(prices.count)))
    }

    private func inputs(of keys: [DocumentKey], _ reader: DocumentReader) throws -> [RoundInput] {
        guard !keys.isEmpty else { return [] }
        let found = try reader.read(keys)
        var known: Set<Fingerprint> = []
        return keys.compactMap { key in
            guard let evidence = found[key], evidence.unjudged == nil, let values = evidence.input else {
                return nil
            }
            let input = RoundInput(values: values, fingerprint: Fingerprint(of: values))
            return known.insert(input.fingerprint).inserted ? input : nil
        }
    }

    func newJob() -> BatchJob {
        BatchJob(
            token: hex(BSONValue.objectID().bytes), listener: handler.listener.id,
            model: handler.listener.modelName,
            version: handler.listener.modelVersion, memoName: handler.listener.model.memoName, inputs: 0,
            at: currentMilliseconds())
    }

    private func audit(from after: BSONValue?, _ body: (Audit.Page) throws -> Bool) throws {
        try Audit(
            connection: handler.connection, collection: handler.listener.collection.name,
            members: [Audit.Member(handler.index, handler.listener, mayHaveParked: handler.health.hasParked)]
        ).run(from: after, body)
    }
}
