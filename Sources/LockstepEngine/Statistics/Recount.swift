/// Decides when something is counted again: when it may be another number by now, and the longer the counting takes
/// the more seldom.
package struct Recount<Mark: Equatable> {
    /// Between two times, at least.
    package let interval: Duration
    /// Of all time, one part in so many may be spent on it.
    package let rarity: Int

    /// The mark when it was counted last.
    private var mark: Mark?
    private var due: ContinuousClock.Instant?

    package init(interval: Duration, rarity: Int) {
        self.interval = interval
        self.rarity = rarity
    }

    /// - Parameter mark: differs from the one before when the number may.
    package func isDue(_ mark: Mark, at now: ContinuousClock.Instant) -> Bool {
        self.mark != mark && due.map { now >= $0 } ?? true
    }

    package mutating func counted(
        _ mark: Mark, from began: ContinuousClock.Instant, to ended: ContinuousClock.Instant
    ) {
        self.mark = mark
        due = ended + max(interval, (ended - began) * rarity)
    }

    /// It could not be counted.
    package mutating func failed(at now: ContinuousClock.Instant, retryAfter pause: Duration) {
        due = now + pause
    }
}
