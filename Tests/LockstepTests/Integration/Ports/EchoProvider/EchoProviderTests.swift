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

    /// Inputs fail, and their account is held before anything tells whether the model works: nobody is to blame.
    @Test(arguments: [false, true]) func whileAnAccountIsHeldNoModelCountsAsBroken(isKnown: Bool) async throws
    {
        try await withDatabase { db in
            let (one, other) = (
                EchoProvider("one", account: "shared", limits: BatchLimits(count: 100, concurrency: 1)),
                EchoProvider("other", account: "shared", limits: BatchLimits(count: 100, concurrency: 2))
            )
            other.fail([.retryAfter(.seconds(50), "too many requests")])
            try db.setListeners([listener(other, "b"), listener(one, "a")])
            let bad: [BSONDocument] = (0..<(isKnown ? 1 : 2)).map { ["_id": BSONValue($0), "a": "bad"] }
            func fail() async throws {
                one.fail([.failed("broken")])
                one.close()
                try await db[docs].insertMany(bad)
            }
            // Those that a scan finds are asked together.
            if !isKnown { try await fail() }
            try await watching(db) { watcher in
                if isKnown {
                    try await db[docs].insertMany([["_id": "good", "a": "good"]])
                    try await watcher.waitUntilFresh()
                    try await fail()
                }
                try await eventually("they are being asked") {
                    one.batches.last?.inputs == bad.compactMap { $0["a"] }
                }
                let asked = one.batches.count
                try await db[docs].insertMany([["_id": "b", "b": "text"]])
                try await eventually("the account is held") { watcher.info().retries >= 1 }
                one.open()
                try await eventually("they wait") { watcher.info().retries > bad.count }
                #expect(watcher.info().waiting == bad.count + 1)
                #expect(one.batches.count == asked)
                #expect(watcher.status().listeners.map(\.state) == [.ok, .ok])
            }
        }
    }
}
