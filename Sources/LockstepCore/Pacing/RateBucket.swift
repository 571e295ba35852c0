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
    /// A use that waits, for which it holds more, and until when that is to be believed.
    private var awaited: (charge: Double, until: Instant)?

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

    /// When a use of that cost fits. Who is told a time is to ask again then.
    package mutating func due(_ cost: Double, at now: Instant) -> Instant {
        let charge = charge(cost)
        if let awaited, now > awaited.until { self.awaited = nil }
        let most = max(count * Self.burst, charge, awaited?.charge ?? 0)
        fill(upTo: most, at: now)
        // Less than a rounding error is nothing.
        guard level < charge - 1e-9 else { return now }
        let due = now + .seconds((charge - level) / perSecond)
        // mechanism rate-saving, off: awaited = (charge, due + Self.grace) becomes awaited = nil
        if charge >= awaited?.charge ?? 0 { awaited = (charge, due + Self.grace) }
        return due
    }

    /// How much later somebody may ask again.
    private static let grace = Duration.seconds(5)

    package mutating func take(_ cost: Double) {
        let charge = charge(cost)
        level -= charge
        if charge >= awaited?.charge ?? 0 { awaited = nil }
    }

    /// What was taken on an estimate has cost another amount: what it was too little is owed.
    package mutating func correct(from estimate: Double, to cost: Double) {
        level += charge(estimate) - charge(cost)
    }

    private mutating func fill(upTo most: Double, at now: Instant) {
        let seconds = filledAt.map { max(0, (now - $0) / .seconds(1)) } ?? 0
        filledAt = now
        level = min(most, level + seconds * perSecond)
    }
}
