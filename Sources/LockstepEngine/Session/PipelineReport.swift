import CoreMetrics
import LockstepCore
import MongoDriver

/// Reports the status of a watcher and keeps its counts up to date while somebody asks.
package struct PipelineReport: Sendable {
    private let pipeline: Pipeline
    private var context: WatcherContext { pipeline.context }
    private var tallies: Tallies { context.tallies }

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
    }

    package var status: WatcherStatus {
        let session = pipeline.session
        let report = session.map(SessionStatus.init)
        let (hasEnded, failure) = pipeline.ending
        let load = session?.queue.load ?? (0, 0)
        let standby = hasEnded ? nil : context.lease.standby
        let state: WatcherStatus.State =
            if hasEnded {
                .ended
            } else if standby != nil {
                .standingBy
            } else if pipeline.fault != nil || report?.fault != nil {
                .disconnected
            } else if let session, let report, session.isOpen {
                report.isScanning ? .backfilling : .following
            } else {
                .starting
            }
        return WatcherStatus(
            state: state, fault: failure.map { "\($0)" } ?? pipeline.fault ?? report?.fault,
            holder: standby?.holder, difference: standby?.difference?.text,
            position: session?.saver.position, lag: report?.lag,
            savingFailsFor: (context.lease.unconfirmedFor ?? session?.saver.failingFor).map {
                $0 / .seconds(1)
            },
            lacksMajority: context.lease.unconfirmedFor != nil, headroom: session?.positions.headroom,
            queue: (load.0, load.1, context.options.queueBytes), info: info,
            listeners: report?.listenerStatus(tallies.counts) ?? [], audit: auditStatus,
            warnings: session == nil ? [] : tallies.counts.warnings,
            models: context.costs.of(context.listeners()).map(\.status))
    }

    private var auditStatus: AuditStatus? {
        guard pipeline.session?.capture != nil, let every = context.options.auditEvery else { return nil }
        return context.auditRecord.status(every: every)
    }

    /// The same for somebody outside: once the documents are counted, if that takes no longer than a second.
    package var countedStatus: WatcherStatus {
        get async {
            tallies.want()
            let deadline = ContinuousClock.now + .seconds(1)
            while let session = pipeline.session, !tallies.areCurrent(activity(of: session)), .now < deadline
            {
                do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
            }
            return status
        }
    }

    /// Records the gauges in swift-metrics, if a backend is there.
    package func recordGauges() {
        if factoryIsUsed { Gauges(factory: context.statistics.factory).record(status) }
    }

    /// Updates the counts of documents while somebody reads the status, and the gauges of swift-metrics.
    package func observe() async {
        var round = 0
        while !Task.isCancelled {
            if round % 5 == 0 { recordGauges() }
            // A backend that is pushed to always needs the counts; Prometheus asks for them.
            if factoryIsUsed, !(context.statistics.factory is any PulledMetrics) { tallies.want() }
            if let session = pipeline.session {
                // What cannot be counted now is counted later; the handlers report the outage.
                _ = try? await context.threads.run {
                    try tallies.refreshIfDue(context.listeners(), context.connection, activity(of: session))
                }
            }
            round += 1
            try? await Task.sleep(for: Tallies.interval / 5)
        }
    }

    /// Checks for likely mistakes while somebody reads the status; apart from the counts, since it may take seconds.
    package func observeMistakes() async {
        while !Task.isCancelled {
            if let session = pipeline.session {
                _ = try? await context.threads.run {
                    try tallies.refreshWarningsIfDue(
                        context.listeners(), context.connection, activity(of: session))
                }
            }
            try? await Task.sleep(for: Tallies.interval)
        }
    }

    private func activity(of session: Session) -> Tallies.Activity {
        var counts = context.statistics.counts
        counts.positionsSaved = 0
        let done = counts.parked + counts.outputs + counts.fresh + counts.superseded
        return Tallies.Activity(
            counts: counts, events: session.capture?.events ?? 0,
            failures: session.capture?.failureEvents ?? done, session: ObjectIdentifier(session),
            minute: Int(currentMilliseconds() / 60_000))
    }

    private var factoryIsUsed: Bool {
        !(context.statistics.factory is NOOPMetricsHandler)
    }

    package var info: WatcherInfo {
        let counts = context.statistics.counts
        let load = pipeline.session?.queue.load ?? (0, 0)
        return WatcherInfo(
            inserts: counts.inserts, updates: counts.updates, replaces: counts.replaces,
            deletes: counts.deletes,
            modelCalls: counts.modelCalls, modelInputs: counts.modelInputs, outputs: counts.outputs,
            removed: counts.removed, superseded: counts.superseded, alreadyFresh: counts.fresh,
            parked: counts.parked,
            retries: counts.retries, positionsSaved: counts.positionsSaved, waiting: load.0,
            waitingBytes: load.1)
    }
}
