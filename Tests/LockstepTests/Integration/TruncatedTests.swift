@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Testing
import TestModels
import TestSupport

/// Texts that a model cuts are told apart, and counted.
@Suite struct TruncatedTests {
    private func listener(_ echo: EchoProvider) -> Listener {
        Listener(model: echo, on: docs, keys: ["text"], as: nil, where: nil)
    }

    private let documents: [BSONDocument] = [
        ["_id": 1, "text": "short"], ["_id": 2, "text": "long one"], ["_id": 3, "text": "long two"],
        ["_id": 4, "text": "long one"],
    ]

    private func cut(_ db: Database) async throws -> Set<Int> {
        Set(
            try await db[docs].find(["_lockstep.text.echo.truncated": true]).compactMap { $0["_id"]?.int })
    }

    @Test func theProvenanceSaysSoAndAllCountIt() async throws {
        try await withDatabase { db in
            let echo = EchoProvider(takesTexts: true)
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(documents)
            try await watching(db) { watcher in
                func counted(_ count: Int) async throws {
                    try await watcher.waitUntilQuiet()
                    try await eventually("\(count) are counted") {
                        watcher.status().listeners[0].truncated == count
                    }
                    #expect(try await db.audit()[0].truncated == count)
                }
                try await watcher.waitUntilFresh()
                #expect(try await cut(db) == [2, 3, 4])
                #expect(
                    try await db.one(1)?[path: "_lockstep.text.echo"]?.document?.contains {
                        $0.key == "truncated"
                    } == false)
                try await counted(3)
                // Its own writes are known though provenance has one field more.
                let events = watcher.info().updates
                try db.update(["_id": 2], ["$set": ["text": "short now"]])
                try await counted(2)
                #expect(watcher.info().updates == events + 1)
                try db.update(["_id": 1], ["$set": ["text": "long now"]])
                try db.update(["_id": 3], ["$unset": ["text": 1]])
                try await counted(2)
                try await db[docs].deleteMany(["_id": 4])
                try await counted(1)
                #expect(try await cut(db) == [1])
            }
            // What was counted last is known to the next watcher, before it counts.
            let saved = try #require(try await db.daemon.checkpoint())
            #expect(saved.inputs.values.map(\.truncated) == [1])
        }
    }

    @Test func anOutputThatOthersChangeIsMendedAndStillSaidToBeCut() async throws {
        try await withDatabase { db in
            let echo = EchoProvider()
            try db.setListeners([listener(echo)])
            try await db[docs].insertMany(documents)
            try await watching(db) { watcher in
                try await watcher.waitUntilFresh()
                try db.update(["_id": 2], ["$set": ["_outputs.text.echo": "mine"]])
                try db.update(["_id": 3], ["$unset": ["_lockstep.text.echo": 1]])
                try await eventually("both are mended") {
                    let outputs = try await db[docs].find().map {
                        $0[path: "_outputs.text.echo"] == $0["text"]
                    }
                    return try await cut(db) == [2, 3, 4] && outputs.allSatisfy { $0 }
                }
            }
        }
    }

    /// While writes fail, what was said is kept with it.
    @Test func aPredictionThatWaitsToBeStoredIsStillSaidToBeCut() {
        let kept = KeptPredictions()
        let (input, key) = (Fingerprint(of: ["long"]), DocumentKey(1))
        kept.keep(.value(5, isTruncated: true), for: input, of: key)
        #expect(kept.take(input, of: key) == .value(5, isTruncated: true))
    }
}
