import MongoBSON
import MongoDriver

/// The listeners that a person has paused or resumed, in `lockstep.pauses`. A pause survives restarts, and the running
/// daemon takes it from the change stream.
package struct PauseStore: Sendable {
    package static let collection = "lockstep.pauses"

    package let connection: Connection

    /// The last request about one listener.
    package struct Entry: Sendable, Hashable {
        package let isPaused: Bool
        /// Who asked, as `root@db1`; nil where that is not known.
        package let by: String?
        /// When, in milliseconds since 1970.
        package let at: Int64
    }

    package init(connection: Connection) {
        self.connection = connection
    }

    /// The entries by the listeners' ids.
    package func entries() throws -> [String: Entry] {
        var entries: [String: Entry] = [:]
        try connection.query(Find(Self.collection)) { view in
            guard let id = view["_id"]?.string else { return }
            entries[id] = Entry(
                // An entry without the field was written by an earlier version, which knew pauses only.
                isPaused: view["paused"]?.bool ?? true, by: view["by"]?.string,
                at: view["at"]?.milliseconds ?? 0)
        }
        return entries
    }

    package func set(_ listener: String, paused: Bool, by: String?) throws(MongoError) {
        var fields: [(String, BSONValue)] = [("paused", BSONValue(paused))]
        if let by { fields.append(("by", BSONValue(by))) }
        fields.append(("at", BSONValue(millisecondsSince1970: currentMilliseconds())))
        let entry = BSONValue(BSONDocument(fields))
        try connection.store(
            Update(Self.collection, [.init(["_id": BSONValue(listener)], entry, isUpsert: true)]))
    }
}
