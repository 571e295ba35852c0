import MongoBSON
import MongoDriver

/// The requests of waiting processes in `lockstep.waits`.
///
/// A waiting process writes a request, the change stream brings it to the daemon in order, and the daemon saves its
/// position once a listener has reflected everything before it.
package struct WaitStore: Sendable {
    package static let collection = "lockstep.waits"

    package let connection: Connection

    /// How long a request may stand, in seconds: then its `wait` was killed.
    private static let longestWait: Int64 = 3600

    package init(connection: Connection) {
        self.connection = connection
    }

    package func add(_ id: BSONValue, concern: WriteConcern? = .majority) throws(MongoError) {
        let request: BSONDocument = [
            "_id": id, "at": BSONValue(millisecondsSince1970: currentMilliseconds()),
        ]
        try connection.store(Insert(Self.collection, [request]), concern: concern)
    }

    /// Removes the request, and those that killed processes left behind: their ids hold the time.
    package func remove(_ id: BSONValue) throws(MongoError) {
        let oldest = BSONValue.objectID(atSecond: currentMilliseconds() / 1000 - Self.longestWait)
        try connection.store(
            Delete(Self.collection, ["$or": [["_id": id], ["_id": ["$lt": oldest]]]]), concern: nil)
    }
}
