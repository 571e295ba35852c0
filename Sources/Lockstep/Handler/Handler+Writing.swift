extension Handler {
    /// What one round of a handler is going to write.
    struct WriteBatch {
        let at: Int64
        var changes: [(key: DocumentKey, change: OutputWriter.Change)] = []
        /// The job and input behind each change.
        var jobs: [(job: Job, fingerprint: Fingerprint?)] = []
        var parked: [(input: Input, reason: String, attempts: Int, setup: String?)] = []
        /// Somebody touched the output, and it is what the model says nevertheless.
        var unchanged: [Job] = []
        var broken: [Job] = []
        var unavailable: [Job] = []
        var unavailableReason = ""
        /// When the model wants to be asked again.
        var retryAfter: Duration?

        init(at: Int64) {
            self.at = at
        }

        mutating func store(_ input: Input, _ value: BSONValue, _ provenance: Provenance) {
            changes.append((input.job.key, .store(value, provenance, input: input.values)))
            jobs.append((input.job, input.fingerprint))
        }

        mutating func remove(_ job: Job, unmatched: Bool) {
            changes.append((job.key, .remove(unmatched: unmatched)))
            jobs.append((job, nil))
        }

        mutating func clear(_ input: Input) {
            changes.append((input.job.key, .clear(input: input.values, isJudged: input.isJudged)))
            jobs.append((input.job, input.fingerprint))
        }

        /// - Parameter setup: what the model ran with when the input broke it; nil when it refused the input.
        mutating func park(_ input: Input, _ reason: String, attempts: Int, setup: String? = nil) {
            parked.append((input, reason, attempts, setup))
            changes.append((input.job.key, .clear(input: input.values, isJudged: input.isJudged)))
            jobs.append((input.job, input.fingerprint))
        }
    }

    struct Written {
        var done: [Job] = []
        /// The document was changed meanwhile; it is looked at again.
        var again: [Job] = []
        /// The server refuses these outputs.
        var refused: [Refusal] = []
    }

    struct Refusal {
        let job: Job
        let fingerprint: Fingerprint?
        let reason: String
        /// The output's size, when that was the reason.
        var outputBytes: Int?
    }

    func write(_ batch: WriteBatch, _ writer: OutputWriter) throws -> Written {
        var written = Written()
        guard !batch.changes.isEmpty else { return written }
        ownWrites.expect(
            batch.changes.compactMap { key, change in
                guard case .store(_, let provenance, _) = change else { return nil }
                return (key, provenance)
            }, listener: index)
        // What was superseded before is written alone, to know which one it is.
        let alone = batch.jobs.indices.filter { batch.jobs[$0].job.change.superseded != nil }
        let together = batch.jobs.indices.filter { batch.jobs[$0].job.change.superseded == nil }
        for places in alone.map({ [$0] }) + (together.isEmpty ? [] : [together]) {
            let result = try writer.write(places.map { batch.changes[$0] })
            elections.saw(result.election)
            let errors = Dictionary(
                result.errors.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
            let superseded = result.matched + errors.count < places.count
            // To see that nothing stands beside an input that is refused is no output.
            let cleared = places.count { if case .clear = batch.changes[$0].change { true } else { false } }
            statistics.add(
                written: max(0, result.matched - cleared),
                superseded: places.count - result.matched - errors.count)
            for (position, place) in places.enumerated() {
                let refusals = written.refused.count
                sort(batch.jobs[place], error: errors[position], superseded: superseded, into: &written)
                if written.refused.count > refusals, errors[position]?.isAboutSize == true,
                    case .store(let output, _, _) = batch.changes[place].change
                {
                    written.refused[refusals].outputBytes = output.bytes.count
                }
            }
        }
        if !written.refused.isEmpty {
            let changes = written.refused.compactMap { refused in
                batch.jobs.firstIndex { $0.job.key == refused.job.key }.flatMap {
                    clearing(batch.changes[$0])
                }
            }
            _ = try writer.write(changes)
        }
        return written
    }

    // An output that cannot be stored leaves none of an earlier input behind.
    func clearing(
        _ entry: (key: DocumentKey, change: OutputWriter.Change)
    ) -> (key: DocumentKey, change: OutputWriter.Change)? {
        guard case .store(_, _, let input) = entry.change else { return nil }
        return (entry.key, .clear(input: input, isJudged: true))
    }

    func sort(
        _ entry: (job: Job, fingerprint: Fingerprint?), error: WriteError?, superseded: Bool,
        into written: inout Written
    ) {
        var job = entry.job
        if let error {
            if MongoError.isTransient(code: error.code) {
                written.again.append(job)
            } else if error.code == MongoError.Code.pathNotViable {
                // Somebody put it there again after it was cleared.
                sort(entry, error: nil, superseded: true, into: &written)
            } else if listener.filter != nil, MongoError.isAboutRequest(code: error.code),
                job.change.superseded != entry.fingerprint
            {
                // The filter may be what cannot be evaluated on the document as it is now: a look at it tells.
                job.change.superseded = entry.fingerprint
                written.again.append(job)
            } else {
                written.refused.append(
                    Refusal(
                        job: job, fingerprint: entry.fingerprint,
                        reason: "MongoDB refuses the output: \(error.message)"))
                written.done.append(job)
            }
        } else if superseded {
            // The same input again and again, and yet no match: then it is not somebody else's change.
            job.change.attempts = job.change.superseded == entry.fingerprint ? job.change.attempts + 1 : 0
            job.change.superseded = entry.fingerprint
            if job.change.attempts > Self.maximumAttempts {
                written.refused.append(
                    Refusal(
                        job: job, fingerprint: entry.fingerprint,
                        reason: "the document does not match its own input"))
                written.done.append(job)
            } else {
                written.again.append(job)
            }
        } else {
            written.done.append(job)
        }
    }

    func recordFailures(plan: Plan, batch: WriteBatch, written: Written) throws {
        let again = Set(written.again.map(\.key))
        var parking: [FailureStore.Failure] = []
        for (input, reason, attempts, setup) in batch.parked where !again.contains(input.job.key) {
            var failure = failure(input.job, input.parkedFingerprint, reason, attempts, at: batch.at)
            failure.setup = setup
            parking.append(failure)
        }
        for refusal in written.refused {
            var failure = failure(
                refusal.job, refusal.fingerprint, refusal.reason, refusal.job.change.attempts + 1,
                at: batch.at)
            failure.outputBytes = refusal.outputBytes
            parking.append(failure)
        }
        if !parking.isEmpty {
            try failures.park(parking)
            health.hasParked = true
            if parking.contains(where: { $0.outputBytes != nil }) { health.hasOversized = true }
            statistics.add(parked: parking.count)
            let (told, more) = health.parked(parking.count)
            for failure in parking.prefix(told) {
                log.warning(
                    "\(listener.id): document \(failure.document.json) is parked after \(failure.attempts) attempt\(failure.attempts == 1 ? "" : "s"): \(failure.reason)"
                )
            }
            if more > 0 {
                log.warning("\(listener.id): \(more) more documents are parked: see `lockstep failures list`")
            }
        }
        guard health.hasParked else { return }
        let parkedNow = Set(parking.map { DocumentKey($0.document) })
        let over = (plan.settled + plan.gone + batch.unchanged + written.done).map(\.key).filter {
            !parkedNow.contains($0) && plan.parked.contains($0)
        }
        try failures.clear(listener: listener.id, documents: over.map(\.id))
    }

    func failure(
        _ job: Job, _ fingerprint: Fingerprint?, _ reason: String, _ attempts: Int, at: Int64
    ) -> FailureStore.Failure {
        FailureStore.Failure(
            listener: listener.id, document: job.key.id, reason: reason, attempts: attempts,
            input: fingerprint,
            version: listener.model.version, at: at, since: at)
    }
}
