import Lockstep

/// What is wrong, in words, and what to do: one for each cause, however many listeners it hits.
struct Problem: Encodable, Equatable, Sendable {
    enum Severity: String, Encodable, Sendable {
        case error, warning, info
    }

    let code: String
    let severity: Severity
    /// The listener's id, if it is about one alone.
    @Nullable var listener: String?
    /// The ids of all that it is about.
    let listeners: [String]
    let message: String
    let hint: String
    /// The whole of a reason that the message shortens.
    @Nullable var detail: String?

    init(
        code: String, severity: Severity, listeners: [String] = [], message: String, hint: String,
        detail: String? = nil
    ) {
        self.code = code
        self.severity = severity
        _listener = Nullable(wrappedValue: listeners.count == 1 ? listeners[0] : nil)
        self.listeners = listeners
        self.message = message
        self.hint = hint
        _detail = Nullable(wrappedValue: detail)
    }

    /// It is about the daemon, or about one of these listeners.
    func concerns(_ ids: Set<String>?) -> Bool {
        guard let ids, !listeners.isEmpty else { return true }
        return !ids.isDisjoint(with: listeners)
    }
}

extension Problem {
    /// The worst first.
    static func all(of status: WatcherStatus, maxLag: Duration) -> [Problem] {
        let found =
            ofWatcher(status, maxLag / .seconds(1)) + ofHistory(status) + ofListeners(status.listeners)
            + ofWarnings(status.warnings)
        let order: [Severity] = [.error, .warning, .info]
        return order.flatMap { severity in found.filter { $0.severity == severity } }
    }

    private static func ofWatcher(_ status: WatcherStatus, _ maxLag: Double) -> [Problem] {
        var found: [Problem] = []
        func add(
            _ code: String, _ severity: Severity, _ message: String, _ hint: String, detail: String? = nil
        ) {
            found.append(
                Problem(code: code, severity: severity, message: message, hint: hint, detail: detail))
        }
        let fault = status.fault.map { Words.brief($0) }
        switch status.state {
        case .disconnected:
            add(
                "disconnected", .error,
                "MongoDB does not answer: \(Words.withoutStop(fault?.text ?? "no reason given")). Nothing is lost.",
                "It is asked again until it answers. Is there a primary, and can this machine reach it?",
                detail: fault?.whole)
        case .ended:
            add(
                "ended", .error,
                fault.map { "Lockstep has ended: \(Words.withoutStop($0.text))." } ?? "Lockstep has ended.",
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
                "Predictions are \(Words.time(lag)) behind: \(Words.pending(status.queue.documents)).",
                "Most often the model is slow: see its seconds, give it more `workers`.")
        }
        if let failing = status.savingFailsFor, failing > 10 {
            if status.lacksMajority {
                add(
                    "stuck", .error,
                    "No majority of the replica set has acknowledged writes for \(Words.time(failing)): no change comes, and no position is saved.",
                    "Are all of its members up that hold data? `rs.status()` in mongosh tells.")
            } else {
                add(
                    "stuck", .warning, "The position could not be saved for \(Words.time(failing)).",
                    "Is there a majority of the replica set? What was done since is checked again later.")
            }
        }
        return found
    }

    private static func ofHistory(_ status: WatcherStatus) -> [Problem] {
        guard let (seconds, window) = status.headroom, window > 0, let lag = status.lag, lag > 30,
            seconds < window / 2
        else { return [] }
        return [
            Problem(
                code: "headroom", severity: seconds < window / 5 ? .error : .warning,
                message:
                    "In \(Words.time(Double(max(0, seconds)))) the oplog no longer reaches back to the position.",
                hint: "All collections are scanned then. Enlarge the oplog, or see what is slow.")
        ]
    }
}
