/// How long to wait before the next attempt: doubling, with jitter, up to a limit.
///
/// "Full jitter" of the AWS architecture blog, over the upper half, so that a wait is never near zero.
package struct Backoff: Sendable {
    /// Seconds before the second attempt. Default 0.1.
    package var first = 0.1
    /// Seconds at most. Default 10.
    package var longest = 10.0
    package private(set) var attempts = 0

    package init(first: Double = 0.1, longest: Double = 10) {
        self.first = first
        self.longest = longest
    }

    /// Seconds until the next attempt.
    package mutating func next(random: Double = .random(in: 0..<1)) -> Double {
        let doubled = first * Double(UInt64(1) << UInt64(min(attempts, 30)))
        attempts += 1
        return min(longest, doubled) * (0.5 + random / 2)
    }

    package mutating func reset() {
        attempts = 0
    }
}
