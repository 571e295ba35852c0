import LockstepCore

extension ListenerQueue {
    /// As many of the stream as of a scan.
    package mutating func take(limit: Int) -> [Job] {
        take(RoundLimits(live: limit, scan: limit))
    }
}
