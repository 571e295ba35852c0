import CoreMetrics
import LockstepCore
import MongoDriver

extension Pipeline {
    package var status: WatcherStatus {
        let session = session
        let report = session.map(SessionStatus.init)
        let (hasEnded, failure) = ending
        let load = session?.queue.load ?? (0, 0)
        let standby = hasEnded ? nil : lease.standby
        let state: WatcherStatus.State =
            if hasEnded {
                .ended
            } else if standby != nil {
                .standingBy
            } else if fault != nil || report?.fault != nil {
                .disconnected
            } else if let session, let report, session.isOpen {
                report.isLookingThrough ? .backfilling : .following
            } else {
                .starting
            }
        return WatcherStatus(
            state: state, fault: failure.map { "\($0)" } ?? fault ?? report?.fault,
            holder: standby?.holder, difference: standby?.difference?.text,
            position: session?.saver.position, lag: report?.lag,
            savingFailsFor: (lease.unconfirmedFor ?? session?.saver.failingFor).map { $0 / .seconds(1) },
            lacksMajority: lease.unconfirmedFor != nil, headroom: session?.positions.headroom,
            queue: (load.0, load.1, options.queueBytes), info: info,
            listeners: report?.listenerStatus(tallies.counts) ?? [], audit: auditStatus,
            warnings: session == nil ? [] : tallies.counts.warnings)
    }

    private var auditStatus: AuditStatus? {
        guard session?.capture != nil, let every = options.auditEvery else { return nil }
        return auditRecord.status(every: every)
    }

    /// The same for somebody outside: once the documents are counted, if that takes no longer than a second.
    package var countedStatus: WatcherStatus {
        get async {
            tallies.want()
            let deadline = ContinuousClock.now + .seconds(1)
            while let session, !tallies.areCurrent(activity(of: session)), .now < deadline {
                do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
            }
            return status
        }
    }

    /// Tells swift-metrics what is, if anybody hears it.
    package func recordGauges() {
        if factoryIsUsed { Gauges(factory: statistics.factory).record(status) }
    }

    /// Keeps the counts of documents up to date while somebody looks, and what swift-metrics hears.
    package func observe() async {
        var round = 0
        while !Task.isCancelled {
            if round % 5 == 0 { recordGauges() }
            // What is told to a backend as it is has somebody who looks; Prometheus comes and asks.
            if factoryIsUsed, !(statistics.factory is any PulledMetrics) { tallies.want() }
            if let session {
                // What cannot be counted now is counted later; the handlers report the outage.
                _ = try? await threads.run { [self] in
                    try tallies.refreshIfDue(listeners(), connection, activity(of: session))
                }
            }
            round += 1
            try? await Task.sleep(for: Tallies.interval / 5)
        }
    }

    /// Looks for likely mistakes while somebody outside looks; apart from the counts, since it may take some seconds.
    package func observeMistakes() async {
        while !Task.isCancelled {
            if let session {
                _ = try? await threads.run { [self] in
                    try tallies.refreshWarningsIfDue(listeners(), connection, activity(of: session))
                }
            }
            try? await Task.sleep(for: Tallies.interval)
        }
    }

    private func activity(of session: Session) -> Tallies.Activity {
        var counts = statistics.counts
        counts.positionsSaved = 0
        let done = counts.parked + counts.outputs + counts.fresh + counts.superseded
        return Tallies.Activity(
            counts: counts, events: session.capture?.events ?? 0,
            failures: session.capture?.failureEvents ?? done, session: ObjectIdentifier(session),
            minute: Int(currentMilliseconds() / 60_000))
    }

    private var factoryIsUsed: Bool {
        !(statistics.factory is NOOPMetricsHandler)
    }
}
