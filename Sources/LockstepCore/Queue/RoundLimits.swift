/// How many documents a lane takes at most.
package struct RoundLimits: Equatable, Sendable {
    /// When a change of the stream is among them.
    package let live: Int
    /// When all come from a scan.
    package let scan: Int

    package init(live: Int, scan: Int) {
        self.live = live
        self.scan = scan
    }

    /// No more than so many, if there is a limit.
    package func within(_ limit: Int?) -> RoundLimits {
        guard let limit else { return self }
        return RoundLimits(live: min(live, limit), scan: min(scan, limit))
    }
}
