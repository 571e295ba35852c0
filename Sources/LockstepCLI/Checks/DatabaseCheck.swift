import Lockstep

/// Checks that listeners can work on their collections.
enum DatabaseCheck {
    /// Fails with exit status 78 when outputs cannot be written to a collection, or MongoDB refuses a `where`.
    ///
    /// - Parameter listeners: those that are to be. Default: the database's.
    static func check(_ db: Database, listeners: [Listener]? = nil) async throws {
        let problems =
            try await problems(db, listeners: listeners) + refusedFilters(db, listeners: listeners)
        if !problems.isEmpty { throw Failure(.badConfiguration, problems.joined(separator: "\n")) }
    }

    /// - Parameter listeners: as of ``check(_:listeners:)``.
    static func problems(_ db: Database, listeners: [Listener]? = nil) async throws -> [String] {
        let names = Set((listeners ?? db.listeners).map(\.collection.name))
        let kinds = try await db.inspection.collectionKinds()
        let capped = try await capped(db, names)
        return names.sorted().compactMap { name in
            switch kinds[name] {
            case "view":
                "`\(name)` is a view: predictions cannot be stored beside its documents. Name the collection it is made from"
            case "timeseries":
                "`\(name)` is a time-series collection, which has no change stream and takes no updates. Name another collection"
            case _ where capped.contains(name):
                "`\(name)` is a capped collection: predictions would take up its fixed size, and MongoDB would delete your documents the earlier. Name another collection"
            default: nil
            }
        }
    }

    /// - Parameter listeners: as of ``check(_:listeners:)``.
    static func refusedFilters(_ db: Database, listeners: [Listener]? = nil) async throws -> [String] {
        try await db.listenerCheck.filterProblems(of: listeners).map { listener, reason in
            "MongoDB refuses the `where` of the listener `\(listener)`: \(reason)"
        }
    }

    /// The capped ones of the collections, as far as the user may list them.
    private static func capped(_ db: Database, _ names: Set<String>) async throws -> Set<String> {
        do {
            return Set(try await db.inspection.collectionTraits(of: names).filter { $1.isCapped }.keys)
        } catch let error as MongoError where error.code == MongoError.Code.unauthorized {
            // `check` says which right is missing.
            return []
        }
    }
}
