import Lockstep
@testable import LockstepCore
@testable import MongoBSON
import Synchronization
import TestModels
import TestSupport

/// Gives the size of whatever it is given; counts its inputs, and keeps none.
final class Tally: Model {
    let name: String
    let version: String
    let limits: BatchLimits
    private let count = Mutex(0)

    init(_ name: String = "size", version: String = "1", limits: BatchLimits = BatchLimits()) {
        self.name = name
        self.version = version
        self.limits = limits
    }

    func predict(_ inputs: [BSONValue]) async throws -> [Int] {
        count.withLock { $0 += inputs.count }
        return inputs.map(\.bytes.count)
    }

    var inputs: Int {
        count.withLock { $0 }
    }
}

extension DatabaseWatcher {
    /// Waits until everything is fresh and Lockstep's own writes have come back too: a loop would have turned by then.
    func waitUntilQuiet() async throws {
        try await waitUntilFresh()
        try await waitUntilFresh()
    }
}

/// The ways on which a document comes to Lockstep.
enum Way: CaseIterable {
    case insert, scan, replace, set

    /// Has each document there, coming that way, and waits until all are fresh.
    ///
    /// - Parameter blank: what stands there before a replace or an update.
    func bring(
        _ documents: [BSONDocument], to db: Database, in collection: Collection = docs,
        before: (DatabaseWatcher) async throws -> Void = { _ in }
    ) async throws {
        if self == .scan { try await db[collection].insertMany(documents) }
        try await watching(db) { watcher in
            switch self {
            case .scan: break
            case .insert:
                for document in documents { try await db[collection].insertMany([document]) }
            case .replace, .set:
                try await db[collection].insertMany(documents.map { ["_id": $0["_id"] ?? nil] })
                try await watcher.waitUntilFresh()
                for document in documents { try write(document, to: db, in: collection) }
            }
            try await watcher.waitUntilQuiet()
        }
    }

    private func write(_ document: BSONDocument, to db: Database, in collection: Collection) throws {
        let fields = document.filter { $0.key != "_id" }
        let change: BSONValue =
            self == .replace
            ? BSONValue(LaxBSON.document(fields)) : ["$set": BSONValue(LaxBSON.document(fields))]
        let reply = try db.command([
            "update": BSONValue(collection.name),
            "updates": [["q": ["_id": ["$eq": document["_id"] ?? nil]], "u": change]],
        ])
        guard reply["n"]?.int == 1, reply["writeErrors"] == nil else {
            throw NeverHappened(what: "a write without \(reply)")
        }
    }
}
