/// Holds what is used under a ``Rate``: a bucket that fills evenly and holds little, so that whatever a service counts
/// by, a fixed window, a sliding one or a bucket of its own, it counts no more than the rate.
///
/// In any period no more is used than what it holds and what flows in: 1 % of the rate and 98 %. The rest is for calls
/// that take longer than others on their way.
package struct RateBucket: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package let rate: Rate
    private var level: Double
    private var filledAt: Instant?

    /// Shares of the rate: what it holds, and what flows in within a period.
    package static let (burst, flow) = (0.01, 0.98)

    package init(_ rate: Rate) {
        self.rate = rate
        level = Double(rate.count) * Self.burst
    }

    private var count: Double { Double(rate.count) }
    private var perSecond: Double { count * Self.flow / (rate.period / .seconds(1)) }

    /// What a use counts as. One that is no small part of the rate is rounded up, so that only as many fall into a period
    /// as fit into it whole.
    package func charge(_ cost: Double) -> Double {
        guard cost > count * Self.burst, cost <= count else { return max(0, cost) }
        return count / (count / cost).rounded(.down)
    }

    /// When a use of that cost fits.
    package mutating func due(_ cost: Double, at now: Instant) -> Instant {
        let charge = charge(cost)
        fill(upTo: max(count * Self.burst, charge), at: now)
        // Less than a rounding error is nothing.
        return level >= charge - 1e-9 ? now : now + .seconds((charge - level) / perSecond)
    }

    package mutating func take(_ cost: Double) {
        level -= charge(cost)
    }

    /// What was taken on an estimate has cost another amount: what it was too little is owed.
    package mutating func correct(from estimate: Double, to cost: Double) {
        level += charge(estimate) - charge(cost)
    }

    private mutating func fill(upTo most: Double, at now: Instant) {
        let seconds = filledAt.map { max(0, (now - $0) / .seconds(1)) } ?? 0
        filledAt = now
        level = min(max(level, most), level + seconds * perSecond)
        level = min(level, most)
    }
}
