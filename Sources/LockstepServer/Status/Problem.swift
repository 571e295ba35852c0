import Lockstep

/// What is wrong, in words, and what to do.
struct Problem: Encodable, Equatable, Sendable {
    enum Severity: String, Encodable, Sendable {
        case error, warning, info
    }

    let code: String
    let severity: Severity
    /// The listener's id, if it is about one.
    @Nullable var listener: String?
    let message: String
    let hint: String
}

extension Problem {
    /// The worst first.
    static func all(of status: WatcherStatus, maxLag: Duration) -> [Problem] {
        let found =
            ofWatcher(status, maxLag / .seconds(1)) + ofHistory(status) + status.listeners.flatMap(ofListener)
        let order: [Severity] = [.error, .warning, .info]
        return order.flatMap { severity in found.filter { $0.severity == severity } }
    }

    private static func ofWatcher(_ status: WatcherStatus, _ maxLag: Double) -> [Problem] {
        var found: [Problem] = []
        switch status.state {
        case .disconnected:
            found.append(
                Problem(
                    code: "disconnected", severity: .error,
                    message:
                        "MongoDB does not answer: \(Words.withoutStop(status.fault ?? "no reason given")). Nothing is lost.",
                    hint:
                        "It is asked again until it answers. Is there a primary, and can this machine reach it?"
                ))
        case .ended:
            found.append(
                Problem(
                    code: "ended", severity: .error,
                    message: status.fault.map { "Lockstep has ended: \($0)" } ?? "Lockstep has ended.",
                    hint: "Start `lockstep run` again; it goes on where it was."))
        case .standingBy:
            found.append(
                Problem(
                    code: "standingBy", severity: .info,
                    message: "Another process follows the changes; this one takes over when that ends.",
                    hint: "`lockstep status` names it."))
        case .starting, .following, .backfilling: break
        }
        if let lag = status.lag, lag > maxLag {
            found.append(
                Problem(
                    code: "lag", severity: .warning,
                    message:
                        "Predictions are \(Words.time(lag)) behind: \(Words.documents(status.queue.documents)) wait.",
                    hint: "Nearly always the model is what is slow: see its seconds, give it more `workers`.")
            )
        }
        if let failing = status.savingFailsFor, failing > 10 {
            found.append(
                Problem(
                    code: "stuck", severity: .warning,
                    message: "The position could not be saved for \(Words.time(failing)).",
                    hint:
                        "Is there a majority of the replica set? What was done since is checked again later.")
            )
        }
        return found
    }

    private static func ofHistory(_ status: WatcherStatus) -> [Problem] {
        guard let (seconds, window) = status.headroom, window > 0, let lag = status.lag, lag > 30,
            seconds < window / 2
        else { return [] }
        let isScarce = seconds < window / 5
        return [
            Problem(
                code: "headroom", severity: isScarce ? .error : .warning,
                message:
                    "In \(Words.time(Double(max(0, seconds)))) the oplog no longer reaches back to the position.",
                hint: "All documents are looked through then. Enlarge the oplog, or see what is slow.")
        ]
    }

    private static func ofListener(_ listener: ListenerStatus) -> [Problem] {
        let count = listener.stale + listener.missing + listener.unchecked
        let waiting = Words.documents(count)
        var found: [Problem] = []
        func add(_ code: String, _ severity: Severity, _ message: String, _ hint: String) {
            found.append(
                Problem(code: code, severity: severity, listener: listener.id, message: message, hint: hint))
        }
        switch listener.state {
        case .out where count == 0:
            let reason = listener.reason ?? "the model `\(listener.model)` does not work"
            add(
                "modelOut", .warning,
                "When it was last called: \(reason). Nothing of `\(listener.on)` waits for it.",
                "Mend the model; whether it works is seen with the next change.")
        case .out:
            let reason = listener.reason ?? "the model `\(listener.model)` does not work"
            add(
                "modelOut", .error,
                "\(Words.capitalised(reason)). \(waiting) of `\(listener.on)` \(count == 1 ? "waits" : "wait"); nothing is lost.",
                "Mend the model: it is tried again every few seconds, and goes on by itself. If its program changed, `lockstep reload` takes it as a new version."
            )
        case .blocked:
            add(
                "collectionGone", .error,
                Words.capitalised(listener.reason ?? "something is in the way") + ".",
                "Put the collection back, or take the listener out.")
        case .paused:
            add(
                "paused", .info,
                "`\(listener.id)` is paused: its model is not called, and what changes is found when it is resumed.",
                "Resume it, and its documents are looked through.")
        case .ok: break
        }
        if listener.failed > 0 {
            add(
                "failures", .warning,
                "\(Words.documents(listener.failed)) of `\(listener.on)` \(listener.failed == 1 ? "was" : "were") set aside: the model `\(listener.model)` refuses \(listener.failed == 1 ? "its" : "their") input.",
                "See the failures: mend the documents; or mend the model and run `lockstep reload`. To try again alone asks the same program again."
            )
        }
        if let look = listener.look {
            let share = look.total > 0 ? min(100, look.documents * 100 / look.total) : 0
            add(
                "backfilling", .info,
                "The documents of `\(listener.on)` are looked through for `\(listener.model)`: \(share) % done.",
                "Nothing is to be done; changes go first.")
        }
        return found
    }
}
