/// Decides when an outage is logged: at its beginning, every ten minutes while it lasts, and at its end.
package struct OutageLog {
    private var began: ContinuousClock.Instant?
    private var said: ContinuousClock.Instant?
    private var attempts = 0

    package static let interval = Duration.seconds(600)

    /// An attempt failed. Gives what to add to the line about it; nil when nothing is to be said this time.
    package mutating func failed(_ now: ContinuousClock.Instant) -> String? {
        attempts += 1
        guard let began, let said else {
            self.began = now
            self.said = now
            return ""
        }
        guard now - said >= Self.interval else { return nil }
        self.said = now
        return " (for \((now - began).components.seconds) s now, \(tries))"
    }

    /// It works. Gives what to add to the line that says so; nil when there was no outage.
    package mutating func over(_ now: ContinuousClock.Instant) -> String? {
        defer { self = OutageLog() }
        return began.map { " after \((now - $0).components.seconds) s and \(tries)" }
    }

    private var tries: String {
        "\(attempts) attempt\(attempts == 1 ? "" : "s")"
    }
}
