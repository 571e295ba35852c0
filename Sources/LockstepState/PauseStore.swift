import MongoBSON
import MongoDriver

/// The listeners that a person has paused or resumed, in `lockstep.pauses`: it holds over restarts, and whoever runs
/// takes it up from the change stream.
package struct PauseStore: Sendable {
    package static let collection = "lockstep.pauses"

    package let connection: Connection

    /// What was asked for last of one listener.
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

    /// By the listeners' ids.
    package func entries() throws -> [String: Entry] {
        var entries: [String: Entry] = [:]
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        try connection.query(command, collection: Self.collection) { view in
            guard let id = view["_id"]?.string else { return }
            entries[id] = Entry(
                // An entry without the field was written by an earlier version, which knew pauses only.
                isPaused: view["paused"]?.bool ?? true, by: view["by"]?.string,
                at: view["at"]?.milliseconds ?? 0)
        }
        return entries
    }

    /// The ids of those that are paused.
    package func paused() throws -> Set<String> {
        Set(try entries().filter(\.value.isPaused).keys)
    }

    package func set(_ listener: String, paused: Bool, by: String?) throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { $0.append(listener, forKey: "_id") }
                operation.document("u") { update in
                    update.append(paused, forKey: "paused")
                    if let by { update.append(by, forKey: "by") }
                    update.append(milliseconds: currentMilliseconds(), forKey: "at")
                }
                operation.append(true, forKey: "upsert")
            }
        }
        try connection.store(command, collection: Self.collection, operation: "update")
    }
}
