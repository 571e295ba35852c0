import CoreMetrics

extension Pipeline {
    var status: WatcherStatus {
        let session = session
        let (hasEnded, failure) = ending
        let load = session?.queue.load ?? (0, 0)
        let standby = hasEnded ? nil : lease.standby
        let state: WatcherStatus.State =
            if hasEnded {
                .ended
            } else if standby != nil {
                .standingBy
            } else if fault != nil || session?.fault != nil {
                .disconnected
            } else if let session, session.isOpen {
                session.isLookingThrough ? .backfilling : .following
            } else {
                .starting
            }
        return WatcherStatus(
            state: state, fault: failure.map { "\($0)" } ?? fault ?? session?.fault,
            holder: standby?.holder, difference: standby?.difference?.text,
            position: session?.saver.position, lag: session?.lag,
            savingFailsFor: (lease.unconfirmedFor ?? session?.saver.failingFor).map { $0 / .seconds(1) },
            lacksMajority: lease.unconfirmedFor != nil, headroom: session?.headroom,
            queue: (load.0, load.1, options.queueBytes), info: info,
            listeners: session?.listenerStatus(tallies.counts) ?? [])
    }

    /// Tells swift-metrics what is, if anybody hears it.
    func recordGauges() {
        if factoryIsUsed { Gauges(factory: statistics.factory).record(status) }
    }

    /// Keeps the counts of documents up to date while somebody looks, and what swift-metrics hears.
    func observe() async {
        while !Task.isCancelled {
            recordGauges()
            // What cannot be counted now is counted later; the handlers report the outage.
            _ = try? await threads.run { [self] in
                try tallies.refreshIfDue(listeners(), connection)
            }
            try? await Task.sleep(for: Tallies.interval)
        }
    }

    private var factoryIsUsed: Bool {
        !(statistics.factory is NOOPMetricsHandler)
    }
}
