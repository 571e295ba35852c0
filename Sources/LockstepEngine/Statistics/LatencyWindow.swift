/// Measures how long something takes, over the last minute or two: two sets of counters by size, of which the older is
/// forgotten each minute.
package struct LatencyWindow {
    private var current = [Int](repeating: 0, count: Self.buckets)
    private var previous = [Int](repeating: 0, count: Self.buckets)
    private var began: ContinuousClock.Instant?

    private static let interval = Duration.seconds(60)
    /// Each bucket is a quarter larger than the one before: from 10 µs on, to more than an hour.
    private static let buckets = 90
    private static let least = 1e-5
    private static let growth = 1.25

    package mutating func add(_ duration: Duration, at now: ContinuousClock.Instant) {
        roll(now)
        current[Self.bucket(of: duration / .seconds(1))] += 1
    }

    /// Seconds that this share of the calls stays below, to a quarter; nil without any.
    package mutating func quantile(_ share: Double, at now: ContinuousClock.Instant) -> Double? {
        roll(now)
        let total = current.reduce(0, +) + previous.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = max(1, (Double(total) * share).rounded(.up))
        var seen = 0.0
        for bucket in 0..<Self.buckets {
            seen += Double(current[bucket] + previous[bucket])
            if seen >= rank { return Self.bound(of: bucket) }
        }
        return nil
    }

    private mutating func roll(_ now: ContinuousClock.Instant) {
        guard let began else {
            began = now
            return
        }
        guard now - began >= Self.interval else { return }
        let isLongAgo = now - began >= Self.interval * 2
        previous = isLongAgo ? [Int](repeating: 0, count: Self.buckets) : current
        current = [Int](repeating: 0, count: Self.buckets)
        self.began = now
    }

    private static let bounds: [Double] = (0..<buckets).reduce(into: []) { bounds, _ in
        bounds.append((bounds.last ?? least / growth) * growth)
    }

    private static func bound(of bucket: Int) -> Double {
        bounds[bucket]
    }

    private static func bucket(of seconds: Double) -> Int {
        bounds.firstIndex { seconds <= $0 } ?? buckets - 1
    }
}
