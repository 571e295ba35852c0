import Lockstep

/// What the database must be for listeners to work on it.
enum Deployability {
    /// Ends with 78 when a collection is of a kind that has no documents to write beside.
    static func check(_ db: Database) async throws {
        let problems = try await problems(db)
        if !problems.isEmpty { throw Failure(.badConfiguration, problems.joined(separator: "\n")) }
    }

    static func problems(_ db: Database) async throws -> [String] {
        let kinds = try await db.collectionKinds()
        return Set(db.listeners.map(\.collection.name)).sorted().compactMap { name in
            switch kinds[name] {
            case "view":
                "`\(name)` is a view: predictions cannot be stored beside its documents. Name the collection it is made from"
            case "timeseries":
                "`\(name)` is a time-series collection, which has no change stream and takes no updates. Name another collection"
            default: nil
            }
        }
    }
}
