@testable import Lockstep
@testable import LockstepCore
import MongoBSON
import Testing
import TestModels
import TestSupport

/// Equal inputs of one round, of models without a memo.
@Suite struct EqualInputsTests {
    /// They come in one scan: as many rounds as it takes, few for so many.
    private func withDocuments(
        _ model: any Provider, _ texts: [String], _ body: (Database, DatabaseWatcher) async throws -> Void
    ) async throws {
        try await withDatabase { db in
            try db.setListeners([Listener(model: model, on: docs, keys: ["text"], as: nil, where: nil)])
            try await db[docs].insertMany(
                (0..<400).map { ["_id": BSONValue($0), "text": BSONValue(texts[$0 % texts.count])] })
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                try await body(db, watcher)
            }
        }
    }

    @Test func whereAnswersAreEqualTheyAreAskedOnce() async throws {
        let echo = EchoProvider(hasEqualAnswers: true)
        try await withDocuments(echo, ["one", "long two"]) { db, watcher in
            let report = try await db.audit()[0]
            #expect(report.fresh == 400 && report.truncated == 200, "\(report)")
            for (id, text) in [(398, "one"), (399, "long two")] {
                #expect(try await db.one(BSONValue(id))?[path: "_outputs.text.echo"]?.string == text)
            }
            #expect(Set(echo.texts) == ["one", "long two"] && echo.texts.count < 100)
            #expect(watcher.info().modelInputs == echo.texts.count)
        }
    }

    /// A program may answer as it likes.
    @Test func othersAreAskedForEachDocument() async throws {
        let model = TextLength()
        try await withDocuments(AnyModel(model), ["one", "two"]) { _, _ in
            #expect(model.inputs.count == 400)
        }
    }

    @Test func aRefusalHoldsForAllOfThem() async throws {
        try await withDocuments(EchoProvider(hasEqualAnswers: true), ["one", "refuse", "two"]) { db, _ in
            let parked = Set(try await db.failures().compactMap(\.documentID.int))
            #expect(parked == Set((0..<400).filter { $0 % 3 == 1 }))
            #expect(try await db.audit()[0].fresh == 400 - parked.count)
        }
    }
}
