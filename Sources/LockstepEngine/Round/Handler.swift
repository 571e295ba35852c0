import LockstepCore
import LockstepSinks
import LockstepState
import Logging
import MongoBSON
import MongoDriver

/// Makes documents fresh for one listener: read, judge, predict, store.
///
/// Everything is decided from the document as it is now; what the event said is only why we look.
package struct Handler: Sendable {
    package let index: ListenerRef
    package let listener: Listener
    package let connection: Connection
    package let queue: WorkQueue
    package let ownWrites: OwnWrites
    package let failures: FailureStore
    /// Of the listener's model.
    package let health: ListenerHealth
    /// Of MongoDB, as all handlers see it.
    package let serverHealth: ListenerHealth
    package let knownInputs: KnownInputs
    package let vectorLengths: VectorLengths
    package let keptPredictions = KeptPredictions()
    package let statistics: ListenerStatistics
    package let pace: Pace
    package let elections: Elections
    package let collations: Collations
    /// The listeners that read this one's output.
    package let dependents: [ListenerRef]
    /// A repair ends where MongoDB takes no writes; who follows the stream waits.
    package let endsWhenRefused: Bool
    package let log: Logger

    /// Attempts on an input that breaks the model before its document is parked.
    package static let maximumAttempts = 3

    /// Takes care of the jobs to the end: each is finished or given back.
    package func process(_ jobs: [Job]) async throws {
        do {
            try await makeFresh(jobs)
            serverHealth.succeeded()
        } catch let error as MongoError where error.isUnavailable {
            let due = serverHealth.failed(error.description)
            retry(jobs, due: due)
        } catch let error as MongoError where error.source == .server {
            // The collection may have given way to something else since it was looked at.
            collations.forget([listener.collection.name])
            // Where that cannot be told now, the next attempt finds out.
            if let obstacle = (try? collations.traits(of: listener.collection.name))?.obstacle {
                return try passOver(jobs, obstacle)
            }
            guard isWaitedFor(error) else { throw error }
            let due = health.writes.failed("MongoDB answers with an error: \(error)")
            giveBack(jobs.map(\.withoutValues), due: due)
        }
    }

    /// Nobody but a person helps when a right is missing, or when the listener's own filter is none. All else that a
    /// server answers is its state, or that of Lockstep's collections.
    private func isWaitedFor(_ error: MongoError) -> Bool {
        guard !endsWhenRefused, !error.isAboutRights else { return false }
        return error.isTransient || error.operation != "find"
            || error.namespace != connection.namespace(of: listener.collection.name)
    }

    private func makeFresh(_ jobs: [Job]) async throws {
        let began = ContinuousClock.now
        let traits = try collations.traits(of: listener.collection.name)
        if let obstacle = traits.obstacle { return try passOver(jobs, obstacle) }
        health.isInTheWay(nil)
        statistics.add(retries: jobs.count { $0.change.retry })
        let comparison = ByteComparison(listener, traits)
        let plan = try plan(jobs, comparison)
        let asked = ContinuousClock.now
        let outcomes = checked(await predict(plan.inputs), comparison)
        let inModel = ContinuousClock.now - asked
        var batch = WriteBatch(at: currentMilliseconds())
        for (input, outcome) in zip(plan.inputs, outcomes) { settle(input, outcome, into: &batch) }
        for (input, reason) in plan.unjudged {
            batch.park(input, reason, attempts: input.job.change.attempts + 1)
        }
        for (job, unmatched) in plan.removals { batch.remove(job, unmatched: unmatched) }
        for input in plan.clears { batch.clear(input) }
        let writer = OutputWriter(connection: connection, listener: listener, comparison: comparison)
        if !plan.walled.isEmpty { try writer.clearPath(plan.walled) }
        let written = try keeping(batch) { try write(batch, writer) }
        try recordFailures(plan: plan, batch: batch, written: written)
        pace.took(documents: jobs.count, inputs: plan.inputs.count, rest: .now - began - inModel)
        if !batch.changes.isEmpty, written.pending.isEmpty { health.writes.succeeded() }
        // From here on nothing can fail: each job leaves the handler exactly once.
        returnToQueue(batch, written)
        let done = plan.settled + batch.unchanged + written.done
        if !keptPredictions.isEmpty { keptPredictions.forget((done + plan.gone).map(\.key)) }
        // mechanism chain
        queue.chain(done, to: dependents)
        statistics.add(fresh: plan.fresh)
        let readAt = queue.finish(written.done + plan.settled + batch.unchanged + plan.gone, listener: index)
        tell(batch, written, readAt.prefix(written.done.count))
        if endsWhenRefused, !written.pending.isEmpty {
            throw LockstepError.refused(
                "\(listener.id): \(health.writes.reason ?? "MongoDB takes no writes")")
        }
    }

    /// Counts what is stored now, and shows some of it.
    private func tell(
        _ batch: WriteBatch, _ written: Written, _ readAt: ArraySlice<Moment?>
    ) {
        statistics.reflected(readAt) { place in
            let key = written.done[place].key
            let change = batch.changes.first { $0.key == key }?.change
            let isParked =
                batch.parked.contains { $0.input.job.key == key }
                || written.refused.contains { $0.job.key == key }
            if isParked { return (key.id, .parked) }
            if case .store = change { return (key.id, .stored) }
            return (key.id, .removed)
        }
    }

    /// A program's reason names its model already.
    package func outage(_ reason: String) -> String {
        let model = "model `\(listener.model.name)`"
        return reason.hasPrefix(model) ? "the \(reason)" : "the \(model) does not work: \(reason)"
    }

    /// There is nothing to write beside: the documents count as gone.
    private func passOver(_ jobs: [Job], _ obstacle: String) throws {
        health.isInTheWay(
            "`\(listener.collection.name)` is \(obstacle) now, where no predictions can be stored; its documents are skipped until it is a collection again"
        )
        if health.hasParked { try failures.clear(listener: listener.id, documents: jobs.map(\.key.id)) }
        queue.finish(jobs, listener: index)
    }

    private func returnToQueue(_ batch: WriteBatch, _ written: Written) {
        if !batch.unavailable.isEmpty {
            // Cut short because the session ends: that is no outage.
            let due =
                Task.isCancelled
                ? .now
                : batch.retryAfter.map { health.waits($0, outage(batch.unavailableReason)) }
                    ?? health.failed(outage(batch.unavailableReason))
            retry(batch.unavailable, due: due)
        }
        for job in batch.broken {
            // Each attempt waits twice as long as the one before.
            let wait = Duration.milliseconds(200 << job.change.attempts)
            retry([job], due: .now + wait)
        }
        retry(written.again, due: .now)
        retry(written.pending, due: written.due)
    }

    private func retry(_ jobs: [Job], due: ContinuousClock.Instant) {
        giveBack(jobs.map(\.withoutValues), due: due)
        // What a person has asked for is counted when it begins.
        statistics.add(retries: jobs.count { !$0.change.retry })
    }

    /// What is computed and not stored is kept for the next attempt.
    private func keeping(_ batch: WriteBatch, _ write: () throws -> Written) throws -> Written {
        do {
            let written = try write()
            let keys = written.unstored.union(written.pending.map(\.key))
            if !keys.isEmpty { keep(batch, of: keys) }
            return written
        } catch {
            keep(batch, of: nil)
            throw error
        }
    }

    private func keep(_ batch: WriteBatch, of keys: Set<DocumentKey>?) {
        for (key, change) in batch.changes where keys?.contains(key) ?? true {
            guard case .store(let prediction, let provenance, _) = change else { continue }
            keptPredictions.keep(prediction, for: provenance.input, of: key)
        }
    }
}

extension Job {
    /// For another try: the values that an event brought may be old by then.
    package var withoutValues: Job {
        var job = self
        job.change.carried = nil
        return job
    }
}
