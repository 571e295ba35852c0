import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepSinks
@testable import MongoBSON
@testable import MongoDriver

/// Goes the hot paths so many times, for a program that counts instructions: `hot-paths PATH TIMES`.
///
/// Two counts of times tell what one time costs, since the rest is the same.
@main
struct HotPaths {
    static func main() throws {
        let paths: [String: (Int) async -> Void] = [
            "decode-insert": decodeInserts, "decode-own": decodeOwnUpdates,
            "decode-irrelevant": decodeIrrelevantUpdates, "queue": queue, "fingerprint": fingerprint,
            "write": write,
        ]
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let times = Int(arguments[2]), let path = paths[arguments[1]] else {
            print("usage: hot-paths \(paths.keys.sorted().joined(separator: "|")) TIMES")
            exit(64)
        }
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await path(times)
            done.signal()
        }
        done.wait()
    }

    static let docs = Collection("docs")
    static let only = ListenerRef(row: 0)
    static let text = "document number 4711 lorem ipsum dolor sit amet"
    static let listener = Listener(
        model: ClosureModel("vector") { (texts: [String]) in texts.map(\.count) }, on: docs, key: "text")

    // MARK: Decoding

    static func router(_ ownWrites: OwnWrites) -> EventRouter {
        EventRouter(
            listeners: PerListener([listener]), watched: ["docs"], ownWrites: ownWrites,
            health: PerListener([ListenerHealth(name: listener.id, log: .init(label: "hot-paths"))]),
            liveAfter: BSONTimestamp(seconds: 0, increment: 0))
    }

    static func route(_ event: BSONDocument, _ times: Int, before: (OwnWrites) -> Void = { _ in }) {
        let ownWrites = OwnWrites()
        let router = router(ownWrites)
        // As many events as a batch has.
        for start in stride(from: 0, to: times, by: 1000) {
            var findings = EventRouter.Findings()
            for _ in start..<min(start + 1000, times) {
                before(ownWrites)
                event.withView { router.route(StreamEvent($0), into: &findings) }
            }
        }
    }

    static func event(_ operation: String, _ more: [(String, BSONValue)]) -> BSONDocument {
        let token = BSONValue(String(repeating: "8", count: 140))
        return BSONDocument(
            [
                ("_id", ["_data": token]), ("operationType", BSONValue(operation)),
                ("clusterTime", BSONValue(timestamp: BSONTimestamp(seconds: 5, increment: 1))),
                ("wallTime", BSONValue(millisecondsSince1970: 1_700_000_000_000)),
            ] + more + [
                ("ns", ["db": "bench", "coll": "docs"]), ("documentKey", ["_id": 4711]),
            ])
    }

    static func update(_ fields: BSONDocument) -> BSONDocument {
        event(
            "update",
            [
                (
                    "updateDescription",
                    ["updatedFields": BSONValue(fields), "removedFields": [], "truncatedArrays": []]
                )
            ])
    }

    static func decodeInserts(_ times: Int) {
        let ballast = BSONValue(String(repeating: "x", count: 240))
        let document: BSONValue = ["_id": 4711, "text": BSONValue(text), "ballast": ballast]
        route(event("insert", [("fullDocument", document)]), times)
    }

    static func decodeOwnUpdates(_ times: Int) {
        let provenance = Provenance(input: Fingerprint(of: [BSONValue(text)]), version: "1", at: 1000)
        let key = DocumentKey(4711)
        let own = update([
            "_outputs.text.vector": prediction,
            "_lockstep.text.vector": [
                "input": provenance.input.value, "version": "1", "at": BSONValue(millisecondsSince1970: 1000),
            ],
        ])
        route(own, times) { $0.expect([(key, provenance)], listener: only) }
    }

    static func decodeIrrelevantUpdates(_ times: Int) {
        route(update(["other": 1]), times)
    }

    // MARK: From the queue to the write

    static let keys = (0..<1000).map { DocumentKey(BSONValue($0)) }

    static func queue(_ times: Int) async {
        let queue = WorkQueue(listeners: 1, limit: 32 << 20, ownWrites: OwnWrites())
        let carried = [BSONValue(text)]
        let position = Position(token: ["_data": "820000000100000001"])
        for _ in 0..<(times / keys.count) {
            let offers = keys.map { key in
                var change = PendingChange()
                change.carried = carried
                return Offer(listener: only, key: key, change: change)
            }
            _ = queue.offer(
                offers, upTo: StreamPlace(position: position, readAt: .now), isOut: { _ in false })
            let limits = RoundLimits(live: keys.count, scan: keys.count)
            if let jobs = await queue.next(listener: only, limits) { queue.finish(jobs, listener: only) }
        }
    }

    static func fingerprint(_ times: Int) {
        var digest = SHA256()
        let values = [BSONValue(text)]
        var sum = 0
        for _ in 0..<times { sum &+= Int(Fingerprint(of: values, with: &digest).bytes[0]) }
        precondition(sum >= 0)
    }

    static let prediction: BSONValue = {
        guard case .success(let value) = (0..<384).map({ Float($0) / 384 }).output else {
            fatalError("a vector is an output")
        }
        return value
    }()

    static func write(_ times: Int) {
        // Nothing is sent: the command is built and let go.
        guard let connection = try? Connection.open(uri: "mongodb://127.0.0.1:1/", database: "bench") else {
            fatalError("a connection is made without a server")
        }
        let writer = OutputWriter(
            connection: connection, listener: listener,
            comparison: ByteComparison(nil, isCollated: false))
        let provenance = Provenance(input: Fingerprint(of: [BSONValue(text)]), version: "1", at: 1000)
        let changes = keys.map { key in
            OutputChange(key: key, action: .store(prediction, provenance, input: [BSONValue(text)]))
        }
        for _ in 0..<(times / keys.count) {
            var end = changes.count
            let command = writer.build(changes, from: 0, to: &end)
            precondition(command.count > 0 && end == changes.count)
        }
    }
}
