@testable import LockstepCore
import Testing
import TestModels

/// Who goes on in a scan when some have as much waiting as they may.
@Suite struct ScanRoomTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        /// Of listeners 0, 1 and 2; a hundred may wait for each.
        let bytes: PerListener<Int>
        var members: [ListenerRef] = [0, 1]
        var left: Set<ListenerRef> = []
        var out: Set<ListenerRef> = []
        let decision: ScanRoom.Decision

        var testDescription: String { what }
    }

    static let cases = [
        Case(what: "all have room", bytes: [99, 0, 0], decision: .read),
        Case(what: "one is full, the other has enough to do", bytes: [100, 26, 0], decision: .wait),
        Case(what: "one is full, the other has nothing to do", bytes: [100, 25, 0], decision: .leave([0])),
        Case(what: "both are full", bytes: [100, 200, 0], decision: .wait),
        Case(what: "one alone is full", bytes: [100, 0, 0], members: [0], decision: .wait),
        Case(
            what: "whose model is unavailable leaves at once", bytes: [100, 90, 0], out: [0],
            decision: .leave([0])),
        Case(
            what: "whose model is unavailable and who has room stays", bytes: [10, 10, 0], out: [0],
            decision: .read),
        Case(what: "alone and out", bytes: [100, 0, 0], members: [0], out: [0], decision: .leave([0])),
        // Listener 2 reads the output of listener 0.
        Case(
            what: "who reads the slow one's output waits with it", bytes: [100, 90, 0], members: [0, 2],
            decision: .wait),
        Case(
            what: "both leave a third that has nothing to do", bytes: [100, 0, 0], members: [0, 1, 2],
            decision: .leave([0])),
        Case(
            what: "who reads an output and is slow leaves the one that writes it", bytes: [0, 90, 100],
            members: [0, 2], decision: .leave([2])),
        Case(
            what: "also when it takes part only as a reader", bytes: [0, 90, 100], members: [0],
            decision: .leave([2])),
        Case(what: "a reader that has left", bytes: [0, 90, 100], members: [0], left: [2], decision: .read),
        Case(
            what: "a reader whose model is unavailable", bytes: [90, 90, 100], members: [0], out: [2],
            decision: .leave([2])),
    ]

    static let listeners = [
        Listener(model: TextLength(), on: docs, key: "text"),
        Listener(model: TextLength(), on: docs, key: "title"),
        Listener(model: TextLengthOfNumber(), on: docs, key: "_outputs.text.length", as: "digits"),
    ]

    @Test(arguments: cases)
    func nobodyWaitsForASlowOne(_ test: Case) {
        let room = ScanRoom(test.members, ListenerOrder(PerListener(Self.listeners)), without: test.left)
        let decision = room.decide(share: 100, isOut: test.out.contains) { test.bytes[$0] }
        #expect(decision == test.decision)
    }
}
