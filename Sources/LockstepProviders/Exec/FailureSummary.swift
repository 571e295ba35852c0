/// What the log hears of a program that fails time and again: each kind of failure once, and after ten minutes how often
/// it was.
struct FailureSummary {
    static let interval = Duration.seconds(600)

    fileprivate struct Kind {
        let name: String
        /// Beyond the one that was told.
        var untold = 0
        var linesLeftOut = 0
    }

    private var kinds: [Kind] = []
    private var since: SuspendingClock.Instant?

    /// Kinds in ten minutes that are told one by one; a program may find a new way to fail each time.
    static let mostKinds = 10

    private var hasRoom: Bool {
        kinds.count < Self.mostKinds
    }

    /// A failure.
    ///
    /// - Parameter lines: of stderr that the log has not heard; they are left out if the failure is not told.
    /// - Returns: whether to tell it in full, and what to say of those before.
    mutating func failed(
        _ kind: String, lines: Int = 0, _ now: SuspendingClock.Instant
    ) -> (isNews: Bool, sums: [String]) {
        var sums: [String] = []
        if let since, now - since >= Self.interval {
            sums = kinds.compactMap { $0.sum(now - since) }
            // What goes on needs no telling in full again.
            kinds = kinds.filter { $0.untold > 0 }.map { Kind(name: $0.name) }
            self.since = now
        }
        if since == nil { since = now }
        guard let place = kinds.firstIndex(where: { $0.name == kind }) ?? (hasRoom ? nil : kinds.count - 1)
        else {
            kinds.append(Kind(name: kind))
            if !hasRoom { kinds.append(Kind(name: "the program failed otherwise")) }
            return (true, sums)
        }
        kinds[place].untold += 1
        kinds[place].linesLeftOut += lines
        return (false, sums)
    }
}

extension FailureSummary.Kind {
    /// Nil when all was told.
    fileprivate func sum(_ time: Duration) -> String? {
        guard untold > 0 else { return nil }
        let minutes = max(1, (time.components.seconds + 30) / 60)
        let times = untold == 1 ? "once more" : "\(untold) more times"
        let lines =
            linesLeftOut == 0
            ? "" : "; \(linesLeftOut) line\(linesLeftOut == 1 ? "" : "s") on stderr left out"
        return "\(name), \(times) in the last \(minutes) minutes\(lines)"
    }
}
