import Logging

/// Makes documents fresh for one listener: read, judge, predict, store.
///
/// Everything is decided from the document as it is now; what the event said is only why we look.
struct Handler: Sendable {
    let index: Int
    let listener: Listener
    let connection: Connection
    let queue: WorkQueue
    let ownWrites: OwnWrites
    let failures: FailureStore
    /// Of the listener's model.
    let health: ListenerHealth
    /// Of MongoDB, as all handlers see it.
    let serverHealth: ListenerHealth
    let statistics: Statistics
    let elections: Elections
    let collations: Collations
    /// The listeners that read this one's output.
    let dependents: [Int]
    let log: Logger

    /// Attempts on an input that breaks the model before its document is parked.
    static let maximumAttempts = 3

    /// Takes care of the jobs to the end: each is finished or given back.
    func process(_ jobs: [Job]) async throws {
        do {
            try await makeFresh(jobs)
            serverHealth.succeeded()
        } catch let error as MongoError where error.isTransient {
            let due = serverHealth.failed(error.description)
            queue.giveBack(jobs.map(\.withoutValues), listener: index, due: due)
        }
    }

    private func makeFresh(_ jobs: [Job]) async throws {
        let collation = try collations.named(for: listener.collection.name)
        let plan = try plan(jobs, collation)
        let outcomes = await predict(plan.inputs)
        var batch = WriteBatch(at: currentMilliseconds())
        for (input, outcome) in zip(plan.inputs, outcomes) { settle(input, outcome, into: &batch) }
        for (job, unmatched) in plan.removals { batch.remove(job, unmatched: unmatched) }
        for input in plan.clears { batch.clear(input) }
        let writer = OutputWriter(connection: connection, listener: listener, collation: collation)
        if !plan.walled.isEmpty { try writer.clearPath(plan.walled) }
        let written = try write(batch, writer)
        try recordFailures(plan: plan, batch: batch, written: written)
        // From here on nothing can fail: each job leaves the handler exactly once.
        returnToQueue(batch, written)
        queue.chain(plan.settled + written.done, to: dependents)
        queue.finish(plan.settled + plan.gone + written.done, listener: index)
    }

    private func returnToQueue(_ batch: WriteBatch, _ written: Written) {
        if !batch.unavailable.isEmpty {
            let due = health.failed(
                "the model `\(listener.model.name)` does not work: \(batch.unavailableReason)")
            queue.giveBack(batch.unavailable.map(\.withoutValues), listener: index, due: due)
        }
        for job in batch.broken {
            // Each attempt waits twice as long as the one before.
            let wait = Duration.milliseconds(200 << job.change.attempts)
            queue.giveBack([job.withoutValues], listener: index, due: .now + wait)
        }
        queue.giveBack(written.again.map(\.withoutValues), listener: index, due: .now)
    }
}

// MARK: Reading and judging

extension Handler {
    struct Input {
        let job: Job
        let values: [BSONValue]
        let fingerprint: Fingerprint
    }

    struct Plan {
        var inputs: [Input] = []
        var removals: [(job: Job, unmatched: Bool)] = []
        /// Parked with this very input, and yet something stands where no output belongs.
        var clears: [Input] = []
        /// Nothing to do: fresh, or parked with this very input.
        var settled: [Job] = []
        /// The documents do not exist any more.
        var gone: [Job] = []
        /// An array stands above our fields, through which nothing can be unset.
        var walled: [DocumentKey] = []
        /// The listener's parked documents among the jobs.
        var parked: Set<DocumentKey> = []
    }

    private func plan(_ jobs: [Job], _ collation: BSONDocument?) throws -> Plan {
        var plan = Plan()
        var digest = SHA256()
        let unread = jobs.filter { $0.change.carried == nil }.map(\.key)
        let reader = DocumentReader(connection: connection, listener: listener, collation: collation)
        let found = unread.isEmpty ? [:] : try reader.read(unread)
        let parked =
            health.parked == 0
            ? [:] : try failures.parked(listener: listener.id, documents: jobs.map(\.key.id))
        plan.parked = Set(parked.keys)
        for job in jobs {
            let evidence: Evidence? =
                job.change.carried.map {
                    Evidence(input: $0, hasOutput: false, hasProvenance: false, provenance: nil)
                } ?? found[job.key]
            guard let evidence else {
                plan.gone.append(job)
                continue
            }
            let fingerprint = evidence.input.map { Fingerprint(of: $0, with: &digest) }
            if evidence.isWalled { plan.walled.append(job.key) }
            switch evidence.verdict(fingerprint: fingerprint, version: listener.model.version) {
            case .extra:
                plan.removals.append((job, evidence.isUnmatched))
            case .fresh where !(job.change.force && fingerprint != nil):
                plan.settled.append(job)
                statistics.add(fresh: 1)
            default:
                guard let values = evidence.input, let fingerprint else { continue }
                if let entry = parked[job.key], !job.change.retry, entry.0 == fingerprint,
                    entry.1 == listener.model.version
                {
                    plan.parked.remove(job.key)
                    if evidence.hasOutput || evidence.hasProvenance {
                        plan.clears.append(Input(job: job, values: values, fingerprint: fingerprint))
                    } else {
                        plan.settled.append(job)
                    }
                } else {
                    plan.inputs.append(Input(job: job, values: values, fingerprint: fingerprint))
                }
            }
        }
        return plan
    }
}

// MARK: Predicting

extension Handler {
    private func predict(_ inputs: [Input]) async -> [Bisection.Outcome] {
        guard !inputs.isEmpty else { return [] }
        let values = inputs.map { $0.values.count == 1 ? $0.values[0] : BSONValue($0.values) }
        let batches = listener.model.limits.batches(sizes: values.map(\.bytes.count))
        var bisection = Bisection(count: values.count, batches: batches)
        while let range = bisection.next() {
            do {
                bisection.succeeded(range, try await call(Array(values[range])))
                health.answered(values[range.lowerBound])
            } catch ModelError.unavailable(let reason) {
                bisection.unavailable(reason)
            } catch is CancellationError {
                bisection.unavailable("it was stopped")
            } catch {
                bisection.failed(range, String(describing: error))
                guard bisection.suspectsOutage else { continue }
                let probes = [health.knownInput].compactMap { $0 } + bisection.untried.map { values[$0] }
                if await anyWorks(probes) {
                    bisection.absolve()
                } else {
                    bisection.confirmOutage(String(describing: error))
                }
            }
        }
        if bisection.works { health.succeeded() }
        return bisection.outcomes.map { $0 ?? .unavailable("no answer") }
    }

    private func call(_ values: [BSONValue]) async throws -> [Result<BSONValue, InputError>] {
        statistics.add(modelCalls: 1, modelInputs: values.count)
        return try await listener.model.predict(values)
    }

    /// Whether the model answers to at least one of these, each alone.
    private func anyWorks(_ probes: [BSONValue]) async -> Bool {
        for probe in probes {
            if let results = try? await call([probe]), results.count == 1 { return true }
        }
        return false
    }

    private func settle(_ input: Input, _ outcome: Bisection.Outcome, into batch: inout WriteBatch) {
        switch outcome {
        case .prediction(let value):
            let provenance = Provenance(
                input: input.fingerprint, version: listener.model.version, at: batch.at)
            batch.store(input, value, provenance)
        case .refused(let reason):
            batch.park(input, reason, attempts: input.job.change.attempts + 1)
        case .failed(let reason):
            var job = input.job
            job.change.attempts += 1
            if job.change.attempts >= Self.maximumAttempts {
                batch.park(input, reason, attempts: job.change.attempts)
            } else {
                batch.broken.append(job)
            }
        case .unavailable(let reason):
            batch.unavailable.append(input.job)
            batch.unavailableReason = reason
        }
    }
}

// MARK: Writing

extension Handler {
    /// What one round of a handler is going to write.
    struct WriteBatch {
        let at: Int64
        var changes: [(key: DocumentKey, change: OutputWriter.Change)] = []
        /// The job and input behind each change.
        var jobs: [(job: Job, fingerprint: Fingerprint?)] = []
        var parked: [(input: Input, reason: String, attempts: Int)] = []
        var broken: [Job] = []
        var unavailable: [Job] = []
        var unavailableReason = ""

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
            changes.append((input.job.key, .clear(input: input.values)))
            jobs.append((input.job, input.fingerprint))
        }

        mutating func park(_ input: Input, _ reason: String, attempts: Int) {
            parked.append((input, reason, attempts))
            changes.append((input.job.key, .clear(input: input.values)))
            jobs.append((input.job, input.fingerprint))
        }
    }

    struct Written {
        var done: [Job] = []
        /// The document was changed meanwhile; it is looked at again.
        var again: [Job] = []
        /// The server refuses these outputs.
        var refused: [(job: Job, fingerprint: Fingerprint?, reason: String)] = []
    }

    private func write(_ batch: WriteBatch, _ writer: OutputWriter) throws -> Written {
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
            statistics.add(written: result.matched, superseded: places.count - result.matched - errors.count)
            for (position, place) in places.enumerated() {
                sort(batch.jobs[place], error: errors[position], superseded: superseded, into: &written)
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
    private func clearing(
        _ entry: (key: DocumentKey, change: OutputWriter.Change)
    ) -> (key: DocumentKey, change: OutputWriter.Change)? {
        guard case .store(_, _, let input) = entry.change else { return nil }
        return (entry.key, .clear(input: input))
    }

    private func sort(
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
            } else {
                written.refused.append(
                    (job, entry.fingerprint, "MongoDB refuses the output: \(error.message)"))
                written.done.append(job)
            }
        } else if superseded {
            // The same input again and again, and yet no match: then it is not somebody else's change.
            job.change.attempts = job.change.superseded == entry.fingerprint ? job.change.attempts + 1 : 0
            job.change.superseded = entry.fingerprint
            if job.change.attempts > Self.maximumAttempts {
                written.refused.append((job, entry.fingerprint, "the document does not match its own input"))
                written.done.append(job)
            } else {
                written.again.append(job)
            }
        } else {
            written.done.append(job)
        }
    }

    private func recordFailures(plan: Plan, batch: WriteBatch, written: Written) throws {
        let again = Set(written.again.map(\.key))
        var parking: [FailureStore.Failure] = []
        for (input, reason, attempts) in batch.parked where !again.contains(input.job.key) {
            parking.append(failure(input.job, input.fingerprint, reason, attempts, at: batch.at))
        }
        for (job, fingerprint, reason) in written.refused {
            parking.append(failure(job, fingerprint, reason, job.change.attempts + 1, at: batch.at))
        }
        if !parking.isEmpty {
            try failures.park(parking)
            health.park(parking.count)
            statistics.add(parked: parking.count)
            // A deletion that was read meanwhile found nothing parked yet: each is looked at once more.
            queue.offer(
                parking.map {
                    WorkQueue.Offer(listener: index, key: DocumentKey($0.document), change: PendingChange())
                })
            for failure in parking.prefix(3) {
                log.warning(
                    "\(listener.id): document \(failure.document.json) is parked after \(failure.attempts) attempts: \(failure.reason)"
                )
            }
            if parking.count > 3 {
                log.warning("\(listener.id): \(parking.count - 3) more documents are parked")
            }
        }
        guard health.parked > 0 else { return }
        let parkedNow = Set(parking.map { DocumentKey($0.document) })
        let over = (plan.settled + plan.gone + written.done).map(\.key).filter {
            !parkedNow.contains($0) && plan.parked.contains($0)
        }
        try failures.clear(listener: listener.id, documents: over.map(\.id))
        health.park(-over.count)
    }

    private func failure(
        _ job: Job, _ fingerprint: Fingerprint?, _ reason: String, _ attempts: Int, at: Int64
    ) -> FailureStore.Failure {
        FailureStore.Failure(
            listener: listener.id, document: job.key.id, reason: reason, attempts: attempts,
            input: fingerprint,
            version: listener.model.version, at: at)
    }
}

extension Job {
    /// For another try: the values that an event brought may be old by then.
    var withoutValues: Job {
        var job = self
        job.change.carried = nil
        return job
    }
}
