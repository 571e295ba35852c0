/// MongoDB's logical time: seconds since 1970 and a counter within the second.
public struct BSONTimestamp: Hashable, Comparable, Sendable {
    public let seconds: UInt32
    public let increment: UInt32

    public init(seconds: UInt32, increment: UInt32) {
        self.seconds = seconds
        self.increment = increment
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.increment) < (right.seconds, right.increment)
    }
}

extension BSONTimestamp: CustomStringConvertible {
    public var description: String {
        "\(seconds).\(increment)"
    }
}
