/// How much of the oplog is left before the position falls off its end.
package enum Headroom: Int, Comparable, Sendable {
    /// Less than a fifth.
    case scarce
    /// Less than a half.
    case low
    case ample

    package static func < (left: Headroom, right: Headroom) -> Bool {
        left.rawValue < right.rawValue
    }

    /// A lag in seconds that never counts: an idle stream's position is ten seconds old.
    package static let patience = 30

    /// - Parameters:
    ///   - position: the saved position's time, in seconds since 1970, as the others.
    ///   - oldest: of the oldest entry of the oplog.
    ///   - newest: of the newest one.
    package init(position: UInt32, oldest: UInt32, newest: UInt32) {
        let reach = Double(newest) - Double(oldest)
        let left = (Double(position) - Double(oldest)) / max(1, reach)
        if Int(newest) - Int(position) <= Self.patience || left >= 0.5 {
            self = .ample
        } else {
            self = left >= 0.2 ? .low : .scarce
        }
    }
}
