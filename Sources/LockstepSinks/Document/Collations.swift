import MongoDriver
import Synchronization

/// Which collections compare texts in their own way, as case-insensitively, so that Lockstep must ask for bytes; and
/// which are no collections any more.
///
/// Naming the simple collation where it is the default anyway costs MongoDB an eighth of its rate of updates.
package final class Collations: Sendable {
    private let connection: Connection
    private let known = Mutex<[String: CollectionTraits]>([:])

    package init(connection: Connection) {
        self.connection = connection
    }

    package func traits(of collection: String) throws -> CollectionTraits {
        if let traits = known.withLock({ $0[collection] }) { return traits }
        let traits = try connection.traits(of: collection)
        // What does not exist yet is asked for again: it may be made with any collation. A view too, which goes
        // without an event.
        if traits.kind == "collection" { known.withLock { $0[collection] = traits } }
        return traits
    }

    /// The collection was dropped or renamed; another one may have its name now.
    package func forget(_ collections: [String]) {
        known.withLock { known in
            for collection in collections { known[collection] = nil }
        }
    }
}
