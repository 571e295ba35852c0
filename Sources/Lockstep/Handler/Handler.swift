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
    let knownInputs: KnownInputs
    let vectorLengths: VectorLengths
    let statistics: ListenerStatistics
    let pace: Pace
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
        } catch let error as MongoError where error.source == .server {
            // The collection may have given way to something else since it was looked at.
            collations.forget([listener.collection.name])
            guard let obstacle = try collations.traits(of: listener.collection.name).obstacle else {
                throw error
            }
            try passOver(jobs, obstacle)
        }
    }

    private func makeFresh(_ jobs: [Job]) async throws {
        let began = ContinuousClock.now
        let traits = try collations.traits(of: listener.collection.name)
        if let obstacle = traits.obstacle { return try passOver(jobs, obstacle) }
        health.isInTheWay(nil)
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
        let written = try write(batch, writer)
        try recordFailures(plan: plan, batch: batch, written: written)
        pace.took(documents: jobs.count, inputs: plan.inputs.count, rest: .now - began - inModel)
        // From here on nothing can fail: each job leaves the handler exactly once.
        returnToQueue(batch, written)
        let done = plan.settled + batch.unchanged + written.done
        queue.chain(done, to: dependents)
        statistics.add(fresh: plan.fresh)
        let readAt = queue.finish(written.done + plan.settled + batch.unchanged + plan.gone, listener: index)
        tell(batch, written, readAt.prefix(written.done.count))
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
    private func outage(_ reason: String) -> String {
        let model = "model `\(listener.model.name)`"
        return reason.hasPrefix(model) ? "the \(reason)" : "the \(model) does not work: \(reason)"
    }

    /// There is nothing to write beside: the documents count as gone.
    private func passOver(_ jobs: [Job], _ obstacle: String) throws {
        health.isInTheWay(
            "`\(listener.collection.name)` is \(obstacle) now, where no predictions can be stored; its documents are passed over until it is a collection again"
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
            giveBack(batch.unavailable.map(\.withoutValues), due: due)
            statistics.add(retries: batch.unavailable.count)
        }
        for job in batch.broken {
            // Each attempt waits twice as long as the one before.
            let wait = Duration.milliseconds(200 << job.change.attempts)
            giveBack([job.withoutValues], due: .now + wait)
        }
        statistics.add(retries: batch.broken.count)
        queue.giveBack(written.again.map(\.withoutValues), listener: index, due: .now)
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
