import Synchronization

/// Which collections compare texts in their own way, as case-insensitively, so that Lockstep must ask for bytes.
///
/// Naming the simple collation where it is the default anyway costs MongoDB an eighth of its rate of updates.
final class Collations: Sendable {
    private let connection: Connection
    private let known = Mutex<[String: Bool]>([:])

    init(connection: Connection) {
        self.connection = connection
    }

    /// The collation to name in queries and updates of a collection; nil when its default compares bytes.
    func named(for collection: String) throws -> BSONDocument? {
        if let isSimple = known.withLock({ $0[collection] }) { return isSimple ? nil : .simpleCollation }
        let (exists, isSimple) = try look(collection)
        // What does not exist yet is asked for again: it may be made with any collation.
        if exists { known.withLock { $0[collection] = isSimple } }
        return isSimple ? nil : .simpleCollation
    }

    /// The collection was dropped or renamed; another one may have its name now.
    func forget(_ collections: [String]) {
        known.withLock { known in
            for collection in collections { known[collection] = nil }
        }
    }

    private func look(_ collection: String) throws -> (exists: Bool, isSimple: Bool) {
        var command = BSONBuilder()
        command.append(1, forKey: "listCollections")
        command.document("filter") { $0.append(collection, forKey: "name") }
        var exists = false
        var isSimple = true
        try connection.query(command, collection: "$cmd.listCollections", operation: "listCollections") {
            view in
            exists = true
            // The server leaves the option out when it is simple.
            isSimple = view["options"]?.nested?["collation"] == nil
        }
        return (exists, isSimple)
    }
}
