import Lockstep
@testable import LockstepCore
@testable import MongoBSON

/// Everything in a database, as `mongodump` takes it and `mongorestore` brings it back: documents, no identities.
struct Dump {
    var collections: [String: [BSONDocument]] = [:]

    init(of db: Database) async throws {
        for name in try await db.inspection.collectionKinds().keys where !name.hasPrefix("system.") {
            collections[name] = try await db[Collection(name)].find()
        }
    }

    /// Puts these collections in the place of those that are there.
    func restore(to db: Database) async throws {
        try db.command(["dropDatabase": 1])
        for (name, documents) in collections {
            try db.command(["create": BSONValue(name)])
            try await db[Collection(name)].insertMany(documents)
        }
    }
}
