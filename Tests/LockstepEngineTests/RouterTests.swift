@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepSinks
@testable import MongoBSON
import Testing
import TestModels

/// What an event puts in line, for a listener and one that reads its output.
@Suite struct RouterTests {
    private let listeners: PerListener<Listener> = [
        Listener(model: TextLength(), on: docs, key: "text"),
        Listener(model: TextLengthOfNumber(), on: docs, key: "_outputs.text.length", as: "digits"),
    ]
    private let ownWrites = OwnWrites()
    private let key = DocumentKey(1)
    private let provenance = Provenance(input: Fingerprint(of: ["abc"]), version: "1", at: 1000)

    private func route(_ events: BSONDocument..., liveAfter: UInt32 = 0) -> EventRouter.Findings {
        let router = EventRouter(
            listeners: listeners, watched: ["docs"], ownWrites: ownWrites,
            health: listeners.map { ListenerHealth(name: $0.id, log: .init(label: "tests")) },
            liveAfter: BSONTimestamp(seconds: liveAfter, increment: 0))
        var findings = EventRouter.Findings()
        for event in events { event.withView { router.route(StreamEvent($0), into: &findings) } }
        return findings
    }

    private let insert: BSONDocument = [
        "operationType": "insert", "ns": ["db": "d", "coll": "docs"], "documentKey": ["_id": 1],
        "clusterTime": BSONValue(timestamp: BSONTimestamp(seconds: 5, increment: 0)),
        "fullDocument": ["_id": 1, "text": "abc"],
    ]

    private var ownUpdate: BSONDocument {
        [
            "operationType": "update", "ns": ["db": "d", "coll": "docs"], "documentKey": ["_id": 1],
            "updateDescription": [
                "updatedFields": [
                    "_outputs.text.length": 3,
                    "_lockstep.text.length": [
                        "input": provenance.input.value, "version": BSONValue(provenance.version),
                        "at": BSONValue(millisecondsSince1970: provenance.at),
                    ],
                ]
            ],
        ]
    }

    /// What a handler gets of it.
    private func carried(_ findings: EventRouter.Findings) async -> [[BSONValue]?]? {
        let queue = WorkQueue(listeners: listeners.count, limit: 1 << 20, ownWrites: ownWrites)
        let position = Position(token: ["_data": "820000000100000001"])
        #expect(
            queue.offer(
                findings.offers, upTo: StreamPlace(position: position, readAt: .now), isOut: { _ in false })
                == .taken)
        return await queue.next(listener: 0, RoundLimits(live: 10, scan: 10))?.map(\.change.carried)
    }

    @Test func valuesAreCarriedOnlyWhenTheyAreNews() async {
        #expect(route(insert, liveAfter: 4).offers.map(\.change.carried) == [["abc"]])
        // Of the session's own beginning, or before: it may be a repetition.
        #expect(route(insert, liveAfter: 5).offers.map(\.change.carried) == [nil])
        // A write that is not back yet may reflect it already, though it was made after the event was read.
        let early = route(insert, liveAfter: 4)
        ownWrites.expect([(key, provenance)], listener: 0)
        #expect(await carried(early) == [nil])
        _ = route(ownUpdate)
        #expect(await carried(early) == [["abc"]])
        // Both in one batch: the write was made before the batch was read.
        ownWrites.expect([(key, provenance)], listener: 0)
        #expect(await carried(route(insert, ownUpdate, liveAfter: 4)) == [nil])
    }

    @Test func anOwnOutputThatComesBackPutsItsReadersInLine() {
        ownWrites.expect([(key, provenance)], listener: 0)
        let own = route(ownUpdate)
        #expect(own.offers.map(\.listener) == [1])
        #expect(own.counts.updates == 0)
        // The same again is somebody else's change: the output's own listener looks first.
        let foreign = route(ownUpdate)
        #expect(foreign.offers.map(\.listener) == [0])
        #expect(foreign.counts.updates == 1)
    }

    @Test func aDocumentThatWasParkedIsLookedAtOnceMore() {
        let findings = route([
            "operationType": "insert", "ns": ["db": "d", "coll": "lockstep.failures"],
            "documentKey": ["_id": ["listener": "docs/text/length", "document": 7]],
        ])
        #expect(findings.offers.map(\.listener) == [0])
        #expect(findings.offers.map(\.key) == [DocumentKey(7)])
    }
}
