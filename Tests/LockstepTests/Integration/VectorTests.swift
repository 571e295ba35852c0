@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Vectors that cannot be: refused with the reason, on every way and over restarts.
@Suite struct VectorTests {
    /// A vector of as many elements as the text has letters; `nan` and `huge` give what is none.
    private static func model(
        _ version: String = "1", _ vectors: VectorFormat = .bson
    ) -> ClosureModel<String, [Float]> {
        ClosureModel("vector", version: version, limits: BatchLimits(count: 100), vectors: vectors) { texts in
            texts.map { text in
                switch text {
                case "nan": [1, .nan, 1]
                case "huge": [1, Float(1e39), 1]
                default: text.map { _ in 1 }
                }
            }
        }
    }

    private func stored(_ db: Database) async throws -> [Int] {
        try await db[docs].find(["_outputs.text.vector": ["$exists": true]]).compactMap { $0["_id"]?.int }
            .sorted()
    }

    @Test(arguments: [VectorFormat.bson, .array])
    func aVectorThatIsNoneIsParkedWithTheReason(format: VectorFormat) async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: Self.model("1", format), on: docs, key: "text"))
            // The first one is the odd one.
            try await db[docs].insertMany([
                ["_id": 1, "text": "ab"], ["_id": 2, "text": "abc"], ["_id": 3, "text": "xyz"],
                ["_id": 4, "text": "nan"], ["_id": 5, "text": "huge"], ["_id": 6, "text": ""],
                ["_id": 7, "text": "uvw"],
            ])
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(try await stored(db) == [2, 3, 7])
                let failures = try await db.failures()
                let reasons = ["of length 2, while the listener's others have 3", "NaN", "infinity", "empty"]
                #expect(failures.map { $0.documentID.int } == [1, 4, 5, 6])
                for (failure, reason) in zip(failures, reasons) {
                    #expect(failure.reason.contains(reason), "\(failure)")
                }
                try db.update(["_id": 1], ["$set": ["text": "abc"]])
                try db.update(["_id": 2], ["$set": ["text": "abcdef"]])
                try await watcher.waitUntilQuiet()
                #expect(try await stored(db) == [1, 3, 7])
            }
            #expect(try await db.audit()[0].failed == 4)
        }
    }

    @Test func theLengthHoldsOverRestartsAndEndsWithTheVersion() async throws {
        try await withDatabase { db in
            try await db.add(Listener(model: Self.model(), on: docs, key: "text"))
            try await Way.insert.bring(
                ["abc", "def", "ghi"].enumerated().map { ["_id": BSONValue($0), "text": BSONValue($1)] },
                to: db)
            let again = try await Database.connect(try TestServer.uri(), database: db.name)
            try await again.add(Listener(model: Self.model(), on: docs, key: "text"))
            try await watching(again) { watcher in
                try await again[docs].insertMany(
                    (10..<30).map { ["_id": BSONValue($0), "text": "four"] } + [["_id": 30, "text": "jkl"]])
                try await watcher.waitUntilQuiet()
            }
            #expect(try await stored(again) == [0, 1, 2, 30])
            #expect(try await again.failures().count == 20)
            let next = try await Database.connect(try TestServer.uri(), database: db.name)
            try await next.add(Listener(model: Self.model("2"), on: docs, key: "text"))
            try await watching(next) { try await $0.waitUntilQuiet() }
            #expect(try await stored(next) == Array(10..<30))
            #expect(try await next.failures().count == 4)
        }
    }

    @Test func arraysOfNumbersOfOtherModelsAreNoVectors() async throws {
        try await withDatabase { db in
            let model = ClosureModel("numbers") { (texts: [String]) in texts.map { $0.map { _ in 1.5 } } }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await Way.scan.bring(
                ["", "a", "ab", "abc"].enumerated().map { ["_id": BSONValue($0), "text": BSONValue($1)] },
                to: db)
            #expect(try await db.failures().isEmpty)
            #expect(try await db.audit()[0].fresh == 4)
        }
    }
}
