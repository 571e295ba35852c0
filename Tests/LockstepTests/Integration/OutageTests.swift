import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Synchronization
import Testing
import TestModels
import TestSupport

/// Models that are out, hang, answer late or lie; and what is parked because of them.
@Suite struct OutageTests {
    @Test func anOutageOfOneModelDelaysNoOther() async throws {
        for behaviour in [Fragile.Behaviour.unavailable, .wrongCount] {
            try await withDatabase { db in
                let (broken, works) = (Fragile(), TextLength())
                broken.become(behaviour)
                try await db.add(Listener(model: broken, on: docs, key: "text"))
                try await db.add(Listener(model: works, on: docs, key: "text"))
                let options = WatcherOptions(queueBytes: 1 << 20)
                try await watching(db, options: options) { watcher in
                    for round in 0..<10 {
                        try await db[docs].insertMany(
                            (0..<100).map { ["_id": BSONValue(round * 100 + $0), "text": "abc"] })
                    }
                    try await eventually("the others go on") { works.inputs.count == 1000 }
                    #expect(watcher.info().waitingBytes <= options.queueBytes)
                    #expect(try await db.failures().isEmpty)
                    broken.become(.works)
                    try await watcher.waitUntilQuiet()
                }
                #expect(works.inputs.count == 1000)
                #expect(try await db.audit().allSatisfy { $0.fresh == 1000 })
                #expect(try await db.failures().isEmpty)
            }
        }
    }

    @Test func aModelThatIsOutIsAskedForOneInputAtATime() async throws {
        try await withDatabase { db in
            let sizes = Mutex<[Int]>([])
            let isOut = Mutex(true)
            let model = ClosureModel("sizes") { (texts: [String]) in
                sizes.withLock { $0.append(texts.count) }
                if isOut.withLock({ $0 }) { throw Fragile.Broken() }
                return texts.map(\.count)
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany((0..<100).map { ["_id": BSONValue($0), "text": "abc"] })
            try await watching(db) { watcher in
                try await eventually("it was tried several times") { sizes.withLock { $0.count } >= 12 }
                isOut.withLock { $0 = false }
                try await watcher.waitUntilFresh()
            }
            #expect(try await db.audit()[0].fresh == 100)
            #expect(try await db.failures().isEmpty)
            // Each lane sends a batch and some of it alone, before it is known to be an outage; then one at a time.
            #expect(sizes.withLock { $0.prefix(12).count { $0 > 1 } } <= model.limits.concurrency)
        }
    }

    @Test func aModelThatAsksToWaitIsAskedAgainAndThatIsNoOutage() async throws {
        try await withDatabase { db in
            let calls = Counter()
            let model = ClosureModel("waits") { (texts: [String]) in
                calls.add(1)
                if calls.value <= 3 { throw ModelError.retryAfter(.milliseconds(50), "too many requests") }
                return texts.map(\.count)
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "abc"]])
                try await eventually("it has asked to wait") {
                    #expect(watcher.status().listeners.allSatisfy { $0.outSince == nil })
                    return calls.value >= 3
                }
                try await watcher.waitUntilFresh()
            }
            #expect(try await db.audit()[0].fresh == 1)
            #expect(calls.value == 4)
        }
    }

    // What waits for the model that is out fills the queue, which stops the stream for all.
    @Test
    func anOutageWithMoreWaitingThanTheQueueHoldsDelaysNoOther() async throws {
        try await withDatabase { db in
            let (broken, works) = (Fragile(), TextLength())
            broken.become(.unavailable)
            try await db.add(Listener(model: broken, on: docs, key: "text"))
            try await db.add(Listener(model: works, on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(queueBytes: 64 << 10)) { watcher in
                for round in 0..<10 {
                    try await db[docs].insertMany(
                        (0..<200).map { ["_id": BSONValue(round * 200 + $0), "text": "abc"] })
                }
                try await eventually("the others go on") { works.inputs.count == 2000 }
                broken.become(.works)
                try await watcher.waitUntilQuiet()
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == 2000 })
        }
    }

    @Test func aModelThatHangsDelaysNoOther() async throws {
        try await withDatabase { db in
            let (hangs, works) = (Gated(), TextLength())
            try await db.add(Listener(model: hangs, on: docs, key: "text"))
            try await db.add(Listener(model: works, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await eventually("it hangs") { hangs.entered == ["a"] }
                try await db[docs].insertMany((2..<50).map { ["_id": BSONValue($0), "text": "abc"] })
                try db.update(["_id": 1], ["$set": ["text": "changed"]])
                try await eventually("the others go on") { try await db.audit()[1].fresh == 49 }
                #expect(try await db.failures().isEmpty)
                hangs.open()
                try await watcher.waitUntilQuiet()
            }
            // The answer to "a" came late, and was not stored.
            #expect(hangs.entered.filter { $0 != "abc" } == ["a", "changed"])
            #expect(try await db.audit().allSatisfy { $0.fresh == 49 })
        }
    }

    @Test
    func aWatcherWhoseModelHangsCanBeStopped() async throws {
        try await withDatabase { db in
            let hangs = Gated()
            try await db.add(Listener(model: hangs, on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(drainTimeout: .milliseconds(100))) { watcher in
                try await db[docs].insertMany([["_id": 1, "text": "a"]])
                try await eventually("it hangs") { hangs.entered == ["a"] }
            }
            #expect(try await db.failures().isEmpty)
            hangs.open()
            try await watching(db) { watcher in try await watcher.waitUntilFresh() }
            #expect(try await db.audit()[0].fresh == 1)
        }
    }

    /// While the model computes: another type, another order, out of the filter, gone and back, replaced.
    @Test func aLateAnswerIsNeverStored() async throws {
        let changes: [(BSONValue, after: BSONValue?)] = [
            (["$set": ["text": 1.0]], 1.0), (["$set": ["text": .init(int64: 1)]], .init(int64: 1)),
            (["$set": ["text": [1]]], [1]), (["$set": ["text": ["a": 1]]], ["a": 1]),
            (["$unset": ["text": 1]], nil),
            (["$set": ["text": nil]], nil), (["$set": ["in": false]], nil),
            (["in": true, "text": 2], 2), (["in": true], nil),
        ]
        try await withDatabase { db in
            let model = Held()
            try await db.add(Listener(model: model, on: docs, key: "text", where: ["in": true]))
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    (0...(changes.count + 1)).map { ["_id": BSONValue($0), "in": true, "text": 1] })
                try await eventually("the model has them") { model.entered.count == changes.count + 2 }
                for (index, change) in changes.enumerated() {
                    _ = try db.command([
                        "update": "docs", "updates": [["q": ["_id": BSONValue(index)], "u": change.0]],
                    ])
                }
                // Deleted; and deleted and made again with another input.
                try await db[docs].deleteMany(["_id": ["$gte": BSONValue(changes.count)]])
                try await db[docs].insertMany([["_id": BSONValue(changes.count + 1), "in": true, "text": 3]])
                model.open()
                try await watcher.waitUntilQuiet()
                for (index, change) in changes.enumerated() {
                    let document = try #require(try await db.one(BSONValue(index)))
                    #expect(document[path: "_outputs.text.held.of"] == change.after, "after \(change.0)")
                    let hasProvenance = document[path: "_lockstep.text.held"] != nil
                    #expect(hasProvenance == (change.after != nil), "after \(change.0)")
                }
                #expect(try await db.one(BSONValue(changes.count)) == nil)
                #expect(try await db.one(BSONValue(changes.count + 1))?[path: "_outputs.text.held.of"] == 3)
            }
            let effective = changes.filter { $0.after != nil }.count + 1
            let inputs = changes.count + 2 + effective
            #expect(model.entered.count == inputs)
            #expect(try await db.audit()[0].right == changes.count + 1)
            #expect(try await db.failures().isEmpty)
        }
    }

    @Test func aLateRefusalParksNothing() async throws {
        try await withDatabase { db in
            let gate = Gated()
            let model = ClosureModel("picky") { (texts: [String]) -> [Result<Int, InputError>] in
                _ = try await gate.predict(texts)
                return texts.map { $0 == "bad" ? .failure(InputError("not this")) : .success($0.count) }
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany((0..<4).map { ["_id": BSONValue($0), "text": "bad"] })
                try await eventually("the model has them") { gate.entered.count == 4 }
                try db.update(["_id": 0], ["$set": ["text": "good"]])
                try db.update(["_id": 1], ["$unset": ["text": 1]])
                try await db[docs].deleteMany(["_id": 2])
                gate.open()
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().map(\.documentID) == [3])
                // One update of the batch met nothing, and nobody tells which: the refused input is tried once more.
                #expect(gate.entered.filter { $0 == "good" }.count == 1)
                #expect(gate.entered.count <= 6)
            }
            let report = try await db.audit()[0]
            #expect(report.right == 2 && report.failed == 1)
        }
    }

    @Test func aModelThatWorksAgainAfterARestartFindsNothingLostAndNothingParked() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.unavailable)
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db, options: WatcherOptions(drainTimeout: .milliseconds(10))) { watcher in
                try await db[docs].insertMany((0..<20).map { ["_id": BSONValue($0), "text": "abc"] })
                try await eventually("it was tried") { model.calls > 0 }
            }
            #expect(try await db.failures().isEmpty)
            model.become(.works)
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(watcher.info().modelInputs == 20)
            }
            #expect(try await db.audit()[0].fresh == 20)
        }
    }

    /// One poisonous input among good ones, and an outage in the middle of its attempts.
    @Test func anOutageBetweenTheAttemptsOnAPoisonousInputParksThatAlone() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.breaks(on: "poison"))
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await db[docs].insertMany(
                    (0..<10).map { ["_id": BSONValue($0), "text": $0 == 4 ? "poison" : "good"] })
                try await eventually("the good ones are there") { try await db.audit()[0].fresh == 9 }
                model.become(.unavailable)
                try await db[docs].insertMany((10..<20).map { ["_id": BSONValue($0), "text": "good"] })
                let calls = model.calls
                try await eventually("the outage is met") { model.calls > calls }
                model.become(.breaks(on: "poison"))
                try await watcher.waitUntilQuiet()
                let failures = try await db.failures()
                #expect(failures.map(\.documentID) == [4])
                #expect(failures.first?.attempts == 3)
            }
            #expect(try await db.audit()[0].fresh == 19)
        }
    }

    /// Outputs that MongoDB does not take, each in the middle of others.
    @Test func anOutputThatCannotBeStoredIsParkedAlone() async throws {
        try await withDatabase { db in
            let model = ClosureModel("odd") { (inputs: [BSONValue]) in inputs }
            try await db.add(Listener(model: model, on: docs, key: "value", as: "odd"))
            let odd: [BSONValue] = [
                LaxBSON.nested(178), ["$ref": 1], ["$x": ["$y": 1]], ["": 1], ["a.b": 1],
                LaxBSON.string([0xFF]),
                [LaxBSON.nested(150)],
            ]
            try await db[docs].insertMany(
                (odd + ["good", 1]).enumerated().map { ["_id": BSONValue($0), "value": $1] })
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                for (index, value) in (odd + ["good", 1]).enumerated() {
                    let document = try #require(try await db.one(BSONValue(index)))
                    let isParked = try await db.failures().contains { $0.documentID == BSONValue(index) }
                    let isStored = document[path: "_outputs.odd.odd"] == value
                    #expect(isStored != isParked, "\(index)")
                }
                #expect(try await db.one(8)?[path: "_outputs.odd.odd"] == 1)
                #expect(watcher.info().modelInputs == odd.count + 2)
            }
            let report = try await db.audit()[0]
            #expect(report.fresh + report.failed == odd.count + 2)
        }
    }

    @Test func aParkedDocumentLeavesTheListWithItsFilterAndIsNeverTwiceInIt() async throws {
        try await withDatabase { db in
            let model = Fragile()
            model.become(.refuses("bad"))
            try await db.add(Listener(model: model, on: docs, key: "text", where: ["in": true]))
            try await watching(db) { watcher in
                try await db[docs].insertMany([["_id": 1, "in": true, "text": "bad"]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().count == 1)
                try db.update(["_id": 1], ["$set": ["in": false]])
                try await watcher.waitUntilQuiet()
                #expect(try await db.failures().isEmpty)
                try db.update(["_id": 1], ["$set": ["in": true]])
                try await watcher.waitUntilQuiet()
                // The same `_id` by another client's number.
                try await db[docs].replaceOne(["_id": 1], ["_id": 1.0, "in": true, "text": "bad", "n": 1])
                try await watcher.waitUntilQuiet()
                try await db.retryFailures()
                try await watcher.waitUntilQuiet()
                let failures = try await db.failures()
                #expect(failures.count == 1)
            }
            #expect(try await db.audit()[0].failed == 1)
        }
    }

    @Test func anotherVersionTriesTheParkedOnesAgain() async throws {
        try await withDatabase { db in
            func watch(_ version: String, refusing bad: Set<String>) async throws -> Int {
                let later = try await Database.connect(try TestServer.uri(), database: db.name)
                let model = ClosureModel("picky", version: version) {
                    (texts: [String]) -> [Result<Int, InputError>] in
                    texts.map {
                        bad.contains($0) ? .failure(InputError("version \(version)")) : .success($0.count)
                    }
                }
                try await later.add(Listener(model: model, on: docs, key: "text"))
                var inputs = 0
                try await watching(later) { watcher in
                    try await watcher.waitUntilQuiet()
                    inputs = watcher.info().modelInputs
                }
                return inputs
            }
            try await db[docs].insertMany([
                ["_id": 1, "text": "a"], ["_id": 2, "text": "b"], ["_id": 3, "text": "c"],
            ])
            #expect(try await watch("1", refusing: ["a", "b"]) == 3)
            #expect(try await db.failures().map(\.documentID) == [1, 2])
            #expect(try await watch("2", refusing: ["b", "c"]) == 3)
            #expect(try await db.failures().map(\.documentID) == [2, 3])
            #expect(try await db.failures().allSatisfy { $0.reason == "version 2" })
            // An output of version 1 does not stay where version 2 refuses the input.
            #expect(try await db.one(3)?[path: "_outputs.text.picky"] == nil)
            #expect(try await watch("2", refusing: []) == 0)
            #expect(try await watch("3", refusing: []) == 3)
            #expect(try await db.failures().isEmpty)
        }
    }
}
