import Lockstep
import LockstepCore
import MongoBSON
import TestModels
import TestSupport
import Testing

/// A second provider in the real engine.
@Suite struct EchoProviderTests {
    private func listener(_ provider: any Provider, _ key: String = "text") -> Listener {
        Listener(model: provider, on: docs, keys: [FieldPath(key)], as: nil, where: nil)
    }

    @Test func valuesRefusalsAndWhatComesLaterFindTheirDocuments() async throws {
        try await withDatabase { db in
            let echo = EchoProvider()
            try db.setListeners([listener(echo)])
            let texts = ["a", "refuse", "later", "defer", "b"]
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    texts.enumerated().map { ["_id": BSONValue($0), "text": BSONValue($1)] })
                try await watcher.waitUntilFresh()
                for (id, text) in texts.enumerated() where text != "refuse" {
                    #expect(try await db.one(BSONValue(id))?[path: "_outputs.text.echo"]?.string == text)
                }
                #expect(try await db.failures().map(\.documentID) == [1])
            }
            // Each was asked once, but for those that it had no answer to; the deferred one with its id.
            let asked = echo.batches.flatMap { $0.inputs.compactMap(\.string) }
            #expect(asked.sorted() == ["a", "b", "defer", "defer", "later", "later", "refuse"])
            #expect(echo.batches.flatMap(\.deferred.values) == ["job of defer"])
        }
    }

    @Test func anOutageThatOneListenerMeetsHoldsTheOthersOfItsAccount() async throws {
        try await withDatabase { db in
            let (one, other) = (
                EchoProvider("one", account: "shared"), EchoProvider("other", account: "shared")
            )
            one.fail(Array(repeating: .retryAfter(.seconds(3600), "too many requests"), count: 1))
            try db.setListeners([listener(one, "a"), listener(other, "b")])
            try await watching(db) { watcher in
                // A scan would queue the documents once more.
                try await eventually("it has caught up") { watcher.hasCaughtUp }
                try await db[docs].insertMany([["_id": 1, "a": "text"]])
                try await eventually("it is asked to wait") { one.batches.count == 1 }
                try await db[docs].insertMany([["_id": 2, "b": "text"]])
                try await eventually("the other has work") { watcher.info().waiting == 2 }
                #expect(other.batches.isEmpty)
            }
        }
    }
}
