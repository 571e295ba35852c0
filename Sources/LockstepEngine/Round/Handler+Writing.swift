import LockstepCore
import LockstepSinks
import LockstepState
import MongoBSON

extension Handler {
    /// What one round of a handler is going to write.
    package struct WriteBatch {
        package let at: Int64
        package var changes: [(key: DocumentKey, change: OutputWriter.Change)] = []
        /// The job and input behind each change.
        package var jobs: [(job: Job, fingerprint: Fingerprint?)] = []
        package var parked: [(input: Input, reason: String, attempts: Int, setup: String?)] = []
        /// Somebody touched the output, and it is what the model says nevertheless.
        package var unchanged: [Job] = []
        package var broken: [Job] = []
        package var unavailable: [Job] = []
        package var unavailableReason = ""
        /// When the model wants to be asked again.
        package var retryAfter: Duration?

        package init(at: Int64) {
            self.at = at
        }

        package mutating func store(_ input: Input, _ value: BSONValue, _ provenance: Provenance) {
            changes.append((input.job.key, .store(value, provenance, input: input.values)))
            jobs.append((input.job, input.fingerprint))
        }

        package mutating func remove(_ job: Job, unmatched: Bool) {
            changes.append((job.key, .remove(unmatched: unmatched)))
            jobs.append((job, nil))
        }

        package mutating func clear(_ input: Input) {
            changes.append((input.job.key, .clear(input: input.values, isJudged: input.isJudged)))
            jobs.append((input.job, input.fingerprint))
        }

        /// - Parameter setup: what the model ran with when the input broke it; nil when it refused the input.
        package mutating func park(_ input: Input, _ reason: String, attempts: Int, setup: String? = nil) {
            parked.append((input, reason, attempts, setup))
            changes.append((input.job.key, .clear(input: input.values, isJudged: input.isJudged)))
            jobs.append((input.job, input.fingerprint))
        }
    }

    package struct Written {
        package var done: [Job] = []
        /// The document was changed meanwhile; it is looked at again.
        package var again: [Job] = []
        /// The server refuses these outputs.
        package var refused: [Refusal] = []
        /// They are pending until the server takes writes, or outputs, again.
        package var pending: [Job] = []
        /// When they are tried again.
        package var due = ContinuousClock.now
        /// Of those that are tried again: what was computed is kept for that.
        package var unstored: Set<DocumentKey> = []
    }

    package struct Refusal {
        package let job: Job
        package let fingerprint: Fingerprint?
        package var reason: String
        /// MongoDB's code, when a rule of the collection refused it.
        package var rule: Int?
        /// The rule may refuse the outputs of all documents.
        package var mayConcernAll = false
        /// The output's size, when that was the reason.
        package var outputBytes: Int?
        /// What stands in the document can be removed no more than replaced.
        package var isStuck = false
    }

    package func write(_ batch: WriteBatch, _ writer: OutputWriter) throws -> Written {
        var written = Written()
        guard !batch.changes.isEmpty else { return written }
        ownWrites.expect(
            batch.changes.compactMap { key, change in
                guard case .store(_, let provenance, _) = change else { return nil }
                return (key, provenance)
            }, listener: index)
        var stored = 0
        var failure: WriteError?
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
            let storing = places.count { if case .store = batch.changes[$0].change { true } else { false } }
            statistics.add(
                written: max(0, result.matched - cleared),
                removed: max(0, result.matched - cleared - storing),
                superseded: places.count - result.matched - errors.count)
            let others = places.indices.count { position in
                if case .store = batch.changes[places[position]].change { return false }
                return errors[position] == nil
            }
            stored += max(0, result.matched - others)
            for (position, place) in places.enumerated() {
                let refusals = written.refused.count
                let error = errors[position]
                if let error, WriteVerdict(error) == .wait { failure = error }
                sort(batch.jobs[place], error: error, superseded: superseded, into: &written)
                guard written.refused.count > refusals else { continue }
                if case .store(let output, _, _) = batch.changes[place].change {
                    if error?.isAboutSize == true {
                        written.refused[refusals].outputBytes = output.bytes.count
                    }
                } else {
                    written.refused[refusals].isStuck = error != nil
                }
                // What the model refuses as well is parked anyhow.
                if case .clear = batch.changes[place].change {
                    written.refused[refusals].mayConcernAll = false
                }
            }
        }
        hold(stored: stored, at: batch.at, &written)
        if let failure { written.due = health.writes.failed(unstorable(failure)) }
        try clear(batch, writer, &written)
        return written
    }

    /// The server takes no writes for now.
    private func unstorable(_ error: WriteError) -> String {
        let error = MongoError(
            error, operation: "update", namespace: connection.namespace(of: listener.collection.name))
        return "MongoDB takes no writes: \(error)"
    }

    /// Parks what a rule of the collection refused, or has it pending when the rule refuses everything.
    private func hold(stored: Int, at: Int64, _ written: inout Written) {
        let byRule = written.refused.indices.filter { written.refused[$0].mayConcernAll }
        let (decision, due) = health.writes.saw(
            stored: stored, refused: byRule.map { written.refused[$0].reason }, at: at)
        let held = Set(byRule.dropFirst(decision.parked))
        guard !held.isEmpty else { return }
        written.pending += held.sorted().map { written.refused[$0].job }
        written.due = due
        written.refused = written.refused.enumerated().filter { !held.contains($0.offset) }.map(\.element)
        let pending = Set(written.pending.map(\.key))
        written.done.removeAll { pending.contains($0.key) }
    }

    /// An output that cannot be stored leaves none of an earlier input behind, if that can be removed.
    private func clear(_ batch: WriteBatch, _ writer: OutputWriter, _ written: inout Written) throws {
        var changes: [(key: DocumentKey, change: OutputWriter.Change)] = []
        var places: [Int] = []
        for (place, refusal) in written.refused.enumerated() {
            guard let entry = batch.changes.first(where: { $0.key == refusal.job.key }),
                let change = clearing(entry)
            else { continue }
            changes.append(change)
            places.append(place)
        }
        guard !changes.isEmpty else { return }
        var unknown: Set<DocumentKey> = []
        for error in try writer.write(changes).errors {
            switch WriteVerdict(error) {
            case .rule, .document: written.refused[places[error.index]].isStuck = true
            case .again, .wait: unknown.insert(changes[error.index].key)
            }
        }
        guard !unknown.isEmpty else { return }
        // What stands there is not known: the documents are tried again.
        written.unstored.formUnion(unknown)
        written.again += written.refused.filter { unknown.contains($0.job.key) }.map(\.job)
        written.refused.removeAll { unknown.contains($0.job.key) }
        written.done.removeAll { unknown.contains($0.key) }
    }

    private func clearing(
        _ entry: (key: DocumentKey, change: OutputWriter.Change)
    ) -> (key: DocumentKey, change: OutputWriter.Change)? {
        guard case .store(_, _, let input) = entry.change else { return nil }
        return (entry.key, .clear(input: input, isJudged: true))
    }

    package func sort(
        _ entry: (job: Job, fingerprint: Fingerprint?), error: WriteError?, superseded: Bool,
        into written: inout Written
    ) {
        var job = entry.job
        if let error {
            switch WriteVerdict(error) {
            // Somebody put it there again after it was cleared.
            case .again where error.code == MongoError.Code.pathNotViable:
                sort(entry, error: nil, superseded: true, into: &written)
            case .again:
                written.again.append(job)
                written.unstored.insert(job.key)
            case .wait: written.pending.append(job)
            case _
            where listener.filter != nil && MongoError.isAboutRequest(code: error.code)
                && !wasLookedAtAgain(job, entry.fingerprint):
                // The filter may be what cannot be evaluated on the document as it is now: a look at it tells.
                job.change.superseded = entry.fingerprint
                job.change.attempts += 1
                written.again.append(job)
                written.unstored.insert(job.key)
            case .document, .rule:
                let mayConcernAll = WriteVerdict(error) == .rule
                let isOfRule = mayConcernAll || error.code == MongoError.Code.validation
                written.refused.append(
                    Refusal(
                        job: job, fingerprint: entry.fingerprint,
                        reason: "MongoDB refuses the output: \(error.refusal)",
                        rule: isOfRule ? error.code : nil, mayConcernAll: mayConcernAll))
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

    /// A removal has no input to tell it by; its attempts do.
    private func wasLookedAtAgain(_ job: Job, _ fingerprint: Fingerprint?) -> Bool {
        fingerprint.map { job.change.superseded == $0 } ?? (job.change.attempts > 0)
    }

    package func recordFailures(plan: Plan, batch: WriteBatch, written: Written) throws {
        let open = Set((written.again + written.pending).map(\.key))
        let refusals = Dictionary(
            written.refused.map { ($0.job.key, $0) }, uniquingKeysWith: { first, _ in first })
        var parking: [FailureStore.Failure] = []
        for (input, reason, attempts, setup) in batch.parked where !open.contains(input.job.key) {
            var failure = failure(input.job, input.parkedFingerprint, reason, attempts, at: batch.at)
            failure.setup = setup
            if let refusal = refusals[input.job.key] { failure.note(refusal) }
            parking.append(failure)
        }
        let byModel = Set(parking.map { DocumentKey($0.document) })
        for refusal in written.refused where !byModel.contains(refusal.job.key) {
            var failure = failure(
                refusal.job, refusal.fingerprint, refusal.reason, refusal.job.change.attempts + 1,
                at: batch.at)
            failure.note(refusal)
            parking.append(failure)
        }
        if let ofRule = parking.last(where: { $0.rule != nil }) {
            let rules = try health.writes.rules(refusing: ofRule.reason) {
                // What it makes cheap works without it.
                try? failures.indexRefusals()
                return try connection.rules(of: listener.collection.name)
            }
            for place in parking.indices where parking[place].rule != nil { parking[place].rules = rules }
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

    package func failure(
        _ job: Job, _ fingerprint: Fingerprint?, _ reason: String, _ attempts: Int, at: Int64
    ) -> FailureStore.Failure {
        FailureStore.Failure(
            listener: listener.id, document: job.key.id, reason: reason, attempts: attempts,
            input: fingerprint,
            version: listener.model.version, at: at, since: at)
    }
}

extension FailureStore.Failure {
    fileprivate mutating func note(_ refusal: Handler.Refusal) {
        rule = refusal.rule
        isStuck = refusal.isStuck
        outputBytes = refusal.outputBytes
    }
}
