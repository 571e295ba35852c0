@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Synchronization
import Testing
import TestModels
import TestSupport

/// A scan waits for no slow model: neither on its own collection nor on another.
@Suite struct ScanTests {
    /// Room for some hundred documents, of which scans have a quarter.
    private let options = WatcherOptions(queueBytes: 128 << 10)
    private let count = 5000

    private func fill(_ db: Database, _ collection: Collection = docs) async throws {
        try await db[collection].insertMany(
            (0..<count).map { ["_id": BSONValue($0), "text": "some text", "title": "a title"] })
    }

    /// What waits is bounded: the queue, and a page of the scan for each listener.
    private func expectBounded(_ watcher: DatabaseWatcher, _ listeners: Int) {
        #expect(watcher.info().waitingBytes < options.queueBytes + (listeners + 1) * 1000 * 400)
    }

    @Test func aSlowModelHoldsUpNoScanOfItsCollection() async throws {
        try await withDatabase { db in
            let (slow, fast, other) = (Gated(), TextLength(), TextLength("other"))
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await db.add(Listener(model: fast, on: docs, key: "text"))
            try await db.add(Listener(model: other, on: docs, key: "title"))
            try await fill(db)
            try await watching(db, options: options) { watcher in
                try await eventually("the others are through") {
                    fast.inputs.count == count && other.inputs.count == count
                }
                let id = "docs/text/gated"
                try await eventually("their scans are known to be done") {
                    let looks = try await db.daemon.checkpoint()?.listeners
                    return looks?.filter { $0.key != id }.values.allSatisfy(\.isComplete) ?? false
                }
                #expect(try await db.daemon.checkpoint()?.listeners[id]?.isComplete == false)
                #expect(slow.entered.count <= 1000)
                let status = watcher.status().listeners
                #expect(status[0].look != nil && status[1].look == nil && status[2].look == nil)
                expectBounded(watcher, 3)
                slow.open()
                try await watcher.waitUntilFresh()
                #expect(slow.entered.count == count)
            }
            #expect(fast.inputs.count == count && other.inputs.count == count)
            #expect(try await db.audit().allSatisfy { $0.fresh == count })
        }
    }

    @Test func slowModelsHoldUpNoScanOfAnotherCollection() async throws {
        try await withDatabase { db in
            // More than passes are read at once.
            let slow = (0..<6).map { _ in Gated() }
            for (number, model) in slow.enumerated() {
                let collection = Collection("slow\(number)")
                try await db.add(Listener(model: model, on: collection, key: "text"))
                try await fill(db, collection)
            }
            let fast = TextLength()
            try await db.add(Listener(model: fast, on: docs, key: "text"))
            try await fill(db)
            try await watching(db, options: options) { watcher in
                try await eventually("the fast one is through") { fast.inputs.count == count }
                #expect(slow.allSatisfy { $0.entered.count <= 1000 })
                expectBounded(watcher, 7)
                for model in slow { model.open() }
                try await watcher.waitUntilFresh()
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == count })
        }
    }

    @Test func aSlowReaderOfAnOutputHoldsUpNoScanOfTheOneThatWritesIt() async throws {
        for isAdded in [false, true] {
            try await withDatabase { db in
                let (writer, reader) = (TextLength(), GatedNumbers())
                let readers = Listener(model: reader, on: docs, key: "_outputs.text.length", as: "digits")
                try await db.add(Listener(model: writer, on: docs, key: "text"))
                if isAdded {
                    try await watching(db) { try await $0.waitUntilFresh() }
                }
                try await db.add(readers)
                try await fill(db)
                try await watching(db, options: options) { watcher in
                    try await eventually("the writer is through") { writer.inputs.count == count }
                    #expect(reader.entered <= 2000)
                    try await eventually("what waits is bounded") {
                        watcher.info().waitingBytes < options.queueBytes + 3 * 1000 * 400
                    }
                    reader.open()
                    try await watcher.waitUntilFresh()
                }
                #expect(writer.inputs.count == count)
                #expect(try await db.audit().allSatisfy { $0.fresh == count })
            }
        }
    }

    @Test func whoReadsTheOutputOfASlowModelComesAfterItAndIsCalledOnceForEach() async throws {
        try await withDatabase { db in
            let (slow, reader, other) = (Gated(), TextLengthOfNumber(), TextLength())
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await db.add(Listener(model: reader, on: docs, key: "_outputs.text.gated", as: "digits"))
            try await db.add(Listener(model: other, on: docs, key: "title"))
            try await fill(db)
            try await watching(db, options: options) { watcher in
                try await eventually("the other is through") { other.inputs.count == count }
                #expect(reader.calls == 0)
                slow.open()
                try await watcher.waitUntilFresh()
                #expect(slow.entered.count == count)
                #expect(reader.calls == count)
            }
            #expect(try await db.audit().allSatisfy { $0.fresh == count })
        }
    }

    /// What a slow listener is behind with is found after a restart, and nothing is computed twice.
    @Test func aScanThatWasSplitGoesOnAfterARestart() async throws {
        try await withDatabase { db in
            let fast = TextLength()
            let slow = Gated()
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await db.add(Listener(model: fast, on: docs, key: "text"))
            try await fill(db)
            var options = options
            options.drainTimeout = .milliseconds(10)
            try await watching(db, options: options) { _ in
                try await eventually("the fast one is through") { fast.inputs.count == count }
            }
            slow.open()
            try await watching(db, options: options) { try await $0.waitUntilFresh() }
            #expect(fast.inputs.count == count)
            #expect(try await db.audit().allSatisfy { $0.fresh == count })
        }
    }

    @Test func theProgressThatPeopleSeeEndsOnceForEachCollection() async throws {
        try await withDatabase { db in
            let slow = Gated()
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            let fast = TextLength()
            try await db.add(Listener(model: fast, on: docs, key: "text"))
            try await fill(db)
            let seen = SeenProgress()
            let watcher = DatabaseWatcher(db: db, options: options)
            let running = Task { try await watcher.repair(progress: seen) }
            try await eventually("the fast one is through") { fast.inputs.count == count }
            #expect(seen.ends == [])
            slow.open()
            try await running.value
            #expect(seen.ends == ["docs"])
            #expect(seen.isWithin(count))
        }
    }

    /// Few calls where each costs much whatever its size; how few depends on the machine, and is told by `RoundSizeTests`.
    @Test func aModelWithAFixedCostGetsLargeBatches() async throws {
        try await withDatabase { db in
            let calls = Counter()
            let model = ClosureModel("fixed", limits: BatchLimits(count: 500)) { (texts: [String]) in
                calls.add(1)
                try await lasting("what a call costs whatever its size", .milliseconds(300))
                return texts.map(\.count)
            }
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await db[docs].insertMany((0..<2000).map { ["_id": BSONValue($0), "text": "some text"] })
            try await watching(db) { try await $0.waitUntilFresh() }
            #expect(calls.value <= 20)
        }
    }
}

private final class SeenProgress: ProgressObserver {
    private let state = Mutex<(documents: [Int], ends: [String])>(([], []))

    func progressed(collection: String, documents: Int, total: Int) {
        state.withLock { $0.documents.append(documents) }
    }

    func finished(collection: String) {
        state.withLock { $0.ends.append(collection) }
    }

    var ends: [String] {
        state.withLock { $0.ends }
    }

    func isWithin(_ count: Int) -> Bool {
        state.withLock { $0.documents.allSatisfy { (0...count).contains($0) } }
    }
}

/// Waits until it is let go.
final class GatedNumbers: Model {
    let name = "digits"
    let limits = BatchLimits(count: 100, concurrency: 1)
    private let state = Mutex<(isOpen: Bool, entered: Int)>((false, 0))

    func predict(_ numbers: [Int]) async throws -> [Int] {
        state.withLock { $0.entered += numbers.count }
        while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(2)) }
        return numbers.map { String($0).count }
    }

    func open() {
        state.withLock { $0.isOpen = true }
    }

    var entered: Int {
        state.withLock { $0.entered }
    }
}
