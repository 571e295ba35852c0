import MongoBSON

/// A place in the change stream.
public struct Position: Hashable, Sendable {
    /// MongoDB's resume token, opaque but for its time.
    public let token: BSONDocument
    /// The cluster time that the token stands for.
    public let clusterTime: BSONTimestamp

    public init(token: BSONDocument) {
        self.token = token
        clusterTime = token.resumeTokenTime ?? BSONTimestamp(seconds: 0, increment: 0)
    }
}

/// The end of one batch of the stream.
package struct StreamPlace: Sendable {
    package let position: Position
    /// When the batch was read.
    package let readAt: Moment

    package init(position: Position, readAt: Moment) {
        self.position = position
        self.readAt = readAt
    }
}

extension BSONDocument {
    /// The cluster time inside a resume token: its `_data` is a hexadecimal key string that begins with the type
    /// byte of a timestamp, then seconds and increment, big-endian. The Kafka connector and Debezium read it so too.
    package var resumeTokenTime: BSONTimestamp? {
        guard let data = self["_data"]?.string, data.hasPrefix("82"), data.utf8.count >= 18 else {
            return nil
        }
        let digits = data.dropFirst(2)
        guard let seconds = UInt32(digits.prefix(8), radix: 16),
            let increment = UInt32(digits.dropFirst(8).prefix(8), radix: 16)
        else { return nil }
        return BSONTimestamp(seconds: seconds, increment: increment)
    }
}
