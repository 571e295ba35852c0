/// Decides when a new pool takes the place of one that finds no server.
///
/// As long as its pool lives, libmongoc remembers the set's servers and elections. A set that was restored from a backup,
/// created anew, or renamed there and back contradicts that memory for ever, and libmongoc never talks to it again.
package struct PoolHealth {
    private var failingSince: ContinuousClock.Instant?
    private var renewals = 0

    /// How long no server is found before there is a new pool; twice as long each time that it did not help.
    package static let patience = Duration.seconds(20)
    private static let longest = Duration.seconds(300)

    package init() {}

    /// Notes that a server has answered, also with an error.
    package mutating func answered() {
        self = PoolHealth()
    }

    /// Notes that no server was found. Gives how long that has been so, once it is time for a new pool.
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
