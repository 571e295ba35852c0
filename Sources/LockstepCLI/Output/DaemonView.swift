import Lockstep

/// The daemon that follows the database, by its lease and its saved position.
struct DaemonView {
    let checkpoint: Checkpoint?
    let lease: LeaseStore.Entry?
    /// The cluster's time; nil on a standalone server.
    let now: BSONTimestamp?
    /// The listeners of this configuration.
    let listeners: [ListenerSignature]

    var position: Position? {
        checkpoint?.position
    }

    private var isRunning: Bool {
        lease?.isAlive == true
    }

    /// Seconds since the oldest change that is not reflected, as the daemon reports it: the position of an idle stream is
    /// saved only now and then. Without a daemon, seconds of the cluster since the position.
    var lag: Int? {
        guard let position, let now else { return nil }
        if isRunning, let lag = lease?.lag, !lag.isNaN { return Int(min(max(lag, 0), 1e9).rounded()) }
        return max(0, Int(now.seconds) - Int(position.clusterTime.seconds))
    }

    func lines(isStandalone: Bool) -> [String] {
        [isStandalone ? "standalone server: no change stream, no position" : stream] + troubles
            + [holder(isStandalone)]
            .compactMap { $0 }
    }

    private var stream: String {
        guard let position, let lag else {
            return "no position yet: `lockstep run` has not been started on this database"
        }
        let date = Terminal.date(Int64(position.clusterTime.seconds) * 1000)
        return "position \(date), \(Terminal.duration(.seconds(lag))) behind"
    }

    /// Lines about single listeners.
    private var troubles: [String] {
        let running = isRunning ? lease?.listeners ?? [] : []
        let lines = running.compactMap(\.trouble)
        let stopped = Set(running.filter { $0.state != .ok }.map(\.signature.id))
        let scanned = (checkpoint?.listeners ?? [:]).filter { !$1.isComplete && !stopped.contains($0) }.keys
            .sorted()
        guard !scanned.isEmpty else { return lines }
        let names = scanned.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
        let more = scanned.count > 3 ? " and \(scanned.count - 3) more" : ""
        return lines + ["being scanned: \(names)\(more)"]
    }

    private func holder(_ isStandalone: Bool) -> String? {
        guard let lease, isRunning else {
            return isStandalone ? nil : "no `lockstep run` follows this database now"
        }
        let text = "followed by \(lease.holderText) since \(Terminal.date(lease.since))"
        guard let difference = lease.difference(to: listeners) else { return text }
        return "\(text), with another configuration: it \(difference.text)"
    }
}
