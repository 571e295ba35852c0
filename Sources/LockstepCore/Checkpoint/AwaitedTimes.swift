import MongoBSON

/// The places of the stream that somebody waits for.
package struct AwaitedTimes: Sendable {
    private var times: [BSONTimestamp] = []
    private var newestAt: ContinuousClock.Instant?

    package init() {}

    /// How many are remembered; when more wait at once, the oldest are answered when the position is saved anyway.
    private static let limit = 100
    /// How long after a request positions are saved often.
    private static let urgency = Duration.seconds(10)

    package mutating func add(_ time: BSONTimestamp, at now: ContinuousClock.Instant) {
        times.append(time)
        newestAt = now
        if times.count > Self.limit { times.removeFirst() }
    }

    /// A listener has reflected one of them by now, and what is saved does not say so.
    package func wereReached(saved: Reflected, now: Reflected) -> Bool {
        now.contains { listener, time in
            let before = saved[listener]
            return times.contains { awaited in awaited <= time && before.map { $0 < awaited } ?? true }
        }
    }

    /// The newest was asked for a moment ago, and not every listener has saved that it is reflected.
    package func areUrgent(saved: Reflected, listeners: Int, at now: ContinuousClock.Instant) -> Bool {
        guard let newest = times.last, let newestAt, now - newestAt < Self.urgency else { return false }
        return saved.count { $0.value >= newest } < listeners
    }
}
