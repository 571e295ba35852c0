import Lockstep
import LockstepAPI

extension API.Problem {
    /// What is wrong with a watched database, the worst first.
    static func all(of status: WatcherStatus, maxLag: Duration) -> [Self] {
        let found =
            ofWatcher(status, maxLag / .seconds(1)) + ofHistory(status) + ofListeners(status.listeners)
            + ofWarnings(status.warnings)
        let order: [Severity] = [.error, .warning, .info]
        return order.flatMap { severity in found.filter { $0.severity == severity } }
    }

    private static func ofWatcher(_ status: WatcherStatus, _ maxLag: Double) -> [Self] {
        var found: [Self] = []
        func add(
            _ code: String, _ severity: Severity, _ message: String, _ hint: String, detail: String? = nil
        ) {
            found.append(
                Self(code: code, severity: severity, message: message, hint: hint, detail: detail))
        }
        let fault = status.fault.map { Format.shortened($0) }
        switch status.state {
        case .disconnected:
            add(
                "disconnected", .error,
                "MongoDB does not answer: \((fault?.text ?? "no reason given").withoutStop). Nothing is lost.",
                "It is asked again until it answers. Is there a primary, and can this machine reach it?",
                detail: fault?.whole)
        case .ended:
            add(
                "ended", .error,
                fault.map { "Lockstep has ended: \($0.text.withoutStop)." } ?? "Lockstep has ended.",
                "Start `lockstep run` again; it goes on where it was.", detail: fault?.whole)
        case .standingBy:
            let holder = status.holder ?? "Another process"
            if let difference = status.difference {
                add(
                    "otherConfiguration", .warning,
                    "\(holder) follows the changes with another configuration: it \(difference).",
                    "Run `lockstep reload` there, or stop that process: this one takes over then.")
            }
            add(
                "standingBy", .info,
                "\(holder) follows the changes; this process is standby and takes over when that ends.",
                "Nothing to do. The state of the listeners is known to that process.")
        case .starting, .following, .backfilling: break
        }
        if let lag = status.lag, lag > maxLag {
            add(
                "lag", .warning,
                "Predictions are \(Format.time(lag)) behind: \(Format.pending(status.queue.documents)).",
                "Most often the model is slow: see its seconds, give it more `workers`.")
        }
        if let failing = status.savingFailsFor, failing > 10 {
            if status.lacksMajority {
                add(
                    "stuck", .error,
                    "No majority of the replica set has acknowledged writes for \(Format.time(failing)): no change comes, and no position is saved.",
                    "Are all of its members up that hold data? `rs.status()` in mongosh tells.")
            } else {
                add(
                    "stuck", .warning, "The position could not be saved for \(Format.time(failing)).",
                    "Is there a majority of the replica set? What was done since is checked again later.")
            }
        }
        return found
    }

    private static func ofHistory(_ status: WatcherStatus) -> [Self] {
        guard let (seconds, window) = status.headroom, window > 0, let lag = status.lag, lag > 30,
            seconds < window / 2
        else { return [] }
        return [
            Self(
                code: "headroom", severity: seconds < window / 5 ? .error : .warning,
                message:
                    "In \(Format.time(Double(max(0, seconds)))) the oplog no longer reaches back to the position.",
                hint: "All collections are scanned then. Enlarge the oplog, or see what is slow.")
        ]
    }

    /// It concerns the daemon, or one of these listeners.
    func concerns(_ ids: Set<String>?) -> Bool {
        guard let ids, !listeners.isEmpty else { return true }
        return !ids.isDisjoint(with: listeners)
    }
}
