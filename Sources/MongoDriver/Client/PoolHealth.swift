/// When what the driver remembers of a deployment is given up.
///
/// libmongoc keeps for as long as its pool lives which servers the set has and how new its elections were. A set that was
/// put back from a backup, made anew, or renamed there and back contradicts that for ever, and is never talked to again.
package struct PoolHealth {
    private var failingSince: ContinuousClock.Instant?
    private var renewals = 0

    /// How long no server was found before it is begun anew; twice as long each time that it did not help.
    package static let patience = Duration.seconds(20)
    private static let longest = Duration.seconds(300)

    package init() {}

    /// A server has answered, whatever it said.
    package mutating func answered() {
        self = PoolHealth()
    }

    /// No server was found. Gives for how long, once it is time to begin anew.
    package mutating func foundNone(at now: ContinuousClock.Instant) -> Duration? {
        guard let since = failingSince else {
            failingSince = now
            return nil
        }
        guard now - since >= min(Self.longest, Self.patience * (1 << min(renewals, 4))) else { return nil }
        failingSince = now
        renewals += 1
        return now - since
    }
}
