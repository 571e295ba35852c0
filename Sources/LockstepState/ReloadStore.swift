import MongoBSON
import MongoDriver

/// The outcome of the last reload in `lockstep.reloads`, one document: a signal has no answer, and `lockstep reload`
/// waits for one.
package struct ReloadStore: Sendable {
    package static let collection = "lockstep.reloads"
    private static let id: BSONValue = "lockstep"

    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    /// Stores the outcome, counts it, and notes the server's time.
    package func save(_ outcome: BSONDocument) throws(MongoError) {
        let update: BSONValue = [
            "$set": BSONValue(outcome), "$inc": ["count": 1], "$currentDate": ["at": true],
        ]
        try connection.store(
            Update(Self.collection, [.init(["_id": Self.id], update, isUpsert: true)]), concern: nil)
    }

    /// Nil before the first reload.
    package func load() throws(MongoError) -> BSONDocument? {
        try connection.firstBatch(of: Find(Self.collection, ["_id": Self.id], limit: 1)).documents.first
    }
}
