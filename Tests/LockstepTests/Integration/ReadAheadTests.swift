@testable import Lockstep
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Batches come in their order, whether they were fetched ahead or not, and errors at their place.
@Suite struct ReadAheadTests {
    private static let documents = 5000
    private static let limit = 1000

    /// A reader of documents of so many bytes, in the order of their `_id`s.
    private func reader(_ db: Database, ballast: Int) async throws -> ReadAhead {
        let text = String(repeating: "x", count: ballast)
        try await db[docs].insertMany(
            (0..<Self.documents).map { ["_id": BSONValue($0), "text": BSONValue(text)] })
        var command = BSONBuilder()
        command.append(docs.name, forKey: "find")
        command.document("sort") { $0.append(1, forKey: "_id") }
        command.append(Self.limit, forKey: "batchSize")
        return try ReadAhead.open(db.connection) { client throws(MongoError) in
            try ServerCursor.open(
                command, on: db.connection.database, collection: docs.name, with: client,
                operation: "find")
        }
    }

    private func ids(_ batch: borrowing CursorBatch) -> [Int] {
        var ids: [Int] = []
        batch.forEach { if let id = $0["_id"]?.int64 { ids.append(Int(id)) } }
        return ids
    }

    /// With 10 bytes a document no batch is large; with 200, each is.
    @Test(arguments: [10, 200])
    func everyBatchComesOnceAndInOrder(ballast: Int) async throws {
        try await withDatabase { db in
            let reader = try await reader(db, ballast: ballast)
            let found = try await blocking.run {
                var found: [Int] = []
                while let batch = try reader.next(limit: Self.limit) { found += ids(batch) }
                reader.close()
                return found
            }
            #expect(found == Array(0..<Self.documents))
        }
    }

    @Test func anErrorComesBehindWhatWasFetchedBeforeIt() async throws {
        try await withDatabase { db in
            let reader = try await reader(db, ballast: 200)
            let (found, failure) = try await blocking.run {
                var found: [Int] = []
                var failure: MongoError?
                if let batch = try reader.next(limit: Self.limit) { found += ids(batch) }
                // The second batch may be on its way or here; the cursor goes as soon as it is not in use.
                try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
                do {
                    while let batch = try reader.next(limit: Self.limit) { found += ids(batch) }
                } catch let error as MongoError {
                    failure = error
                }
                reader.close()
                return (found, failure)
            }
            // QueryPlanKilled or CursorNotFound.
            #expect([43, 175].contains(failure?.code))
            #expect(found == Array(0..<found.count) && found.count < Self.documents)
        }
    }

    @Test func whatWasFetchedAndNotTakenIsLetGo() async throws {
        try await withDatabase { db in
            weak var left: ReadAhead?
            do {
                let reader = try await reader(db, ballast: 200)
                left = reader
                try await blocking.run {
                    guard let batch = try reader.next(limit: Self.limit) else { return }
                    #expect(ids(batch).count == Self.limit)
                    reader.close()
                }
            }
            // The thread ends, too, and lets go of its reader.
            try await eventually("the reader is gone") { left == nil }
        }
    }
}
