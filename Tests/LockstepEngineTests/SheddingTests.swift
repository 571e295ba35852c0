@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepSinks
@testable import MongoBSON
import TestModels
import Testing

/// Whose changes are dropped when the queue is full, and what is kept of them.
@Suite struct SheddingTests {
    struct Case: Sendable {
        let what: String
        let bytes: PerListener<Int>
        var behind: Set<ListenerRef> = []
        var out: Set<ListenerRef> = []
        var fullFor = Duration.zero
        let victim: ListenerRef?
    }

    static let cases = [
        Case(what: "nobody is out and it has just become full", bytes: [90, 10], victim: nil),
        Case(what: "the one whose model is unavailable goes at once", bytes: [20, 80], out: [0], victim: 0),
        Case(what: "the larger one of two that are out", bytes: [20, 30, 50], out: [0, 1], victim: 1),
        Case(what: "one that is out and holds little is no use", bytes: [10, 90], out: [0], victim: nil),
        Case(what: "alone and out", bytes: [100], out: [0], victim: 0),
        Case(what: "alone and slow waits", bytes: [100], fullFor: .seconds(60), victim: nil),
        Case(
            what: "slow for ten seconds, with most of it", bytes: [60, 40], fullFor: .seconds(10), victim: 0),
        Case(what: "slow for nine seconds", bytes: [60, 40], fullFor: .seconds(9), victim: nil),
        Case(what: "nobody holds most of it", bytes: [50, 50], fullFor: .seconds(60), victim: nil),
        Case(
            what: "who is behind already has nothing more to give", bytes: [90, 10], behind: [0], out: [0],
            fullFor: .seconds(60), victim: nil),
    ]

    @Test(arguments: cases)
    func theOneThatHoldsUpTheOthersIsSetBehind(_ test: Case) {
        let loads = test.bytes.mapWithRefs { listener, bytes in
            Shedding.Load(bytes: bytes, isBehind: test.behind.contains(listener))
        }
        let victim = Shedding.victim(
            of: Shedding.Pressure(loads: loads, fullFor: test.fullFor), limit: 100,
            isOut: { test.out.contains($0) })
        #expect(victim == test.victim, "\(test.what)")
    }

    private func change(_ ticket: UInt64, force: Bool = false, scan: Int? = nil) -> PendingChange {
        var change = PendingChange()
        change.streamTicket = Ticket(number: ticket)
        change.force = force
        change.carried = ["some text"]
        change.scanTicket = scan.map { ScanTicket(scan: $0, ticket: Ticket(number: 1)) }
        return change
    }

    @Test func whatAScanFindsAgainIsForgottenAndTheRestIsGivenOut() {
        var queue = ListenerQueue()
        _ = queue.offer(DocumentKey(9), change(9))
        let inHand = queue.take(limit: 1)[0]
        _ = queue.offer(DocumentKey(1), change(1))
        _ = queue.offer(DocumentKey(2), change(2, force: true))
        _ = queue.offer(DocumentKey(3), change(3, scan: 7))
        _ = queue.offer(DocumentKey(9), change(10))
        let shed = queue.shed()
        // Also what a handler has in its hands, perhaps for long.
        #expect(Set(shed.released.map(\.number)) == [1, 3, 9, 10])
        // What only the event told holds its place in the stream still.
        #expect(shed.invisible.map(\.key) == [DocumentKey(2)])
        #expect(shed.invisible.map(\.change.streamTicket) == [Ticket(number: 2)])
        #expect(shed.invisible.map(\.change.force) == [true])
        #expect(queue.finish(inHand) == .init())
        let left = queue.take(limit: 10)
        #expect(left.map(\.key) == [DocumentKey(3)])
        #expect(left.first?.change.streamTicket == nil)
        #expect(left.first?.change.scanTicket?.scan == 7)
        for job in left { queue.finish(job) }
        #expect(queue.bytes == 0)
        #expect(queue.isIdle)
    }

    @Test func whoLeavesAScanHoldsNoneOfItsPlaces() {
        var queue = ListenerQueue()
        _ = queue.offer(DocumentKey(1), change(1, scan: 7))
        _ = queue.offer(DocumentKey(2), change(2, scan: 8))
        _ = queue.offer(DocumentKey(3), change(3, scan: 7))
        let inHand = queue.take(limit: 1)[0]
        #expect(queue.leave(scan: 7).map(\.scan) == [7, 7])
        #expect(queue.leave(scan: 7).isEmpty)
        // What a handler has in its hands keeps its place in the stream alone, also when it comes back.
        #expect(queue.giveBack(inHand, due: .now) == .init())
        _ = queue.releaseDue(.now + .seconds(1))
        let left = queue.take(limit: 10)
        #expect(left.map { $0.change.scanTicket?.scan } == [8, nil, nil])
        #expect(left.last?.change.streamTicket == Ticket(number: 1))
    }

    private func position(_ number: Int) -> Position {
        Position(token: ["_data": BSONValue("82" + String(repeating: "0", count: 7) + "\(number)00000001")])
    }

    @Test func whatNoScanWouldFindKeepsItsPlaceUntilOneDoes() {
        let queue = WorkQueue(listeners: 1, limit: 2000, ownWrites: OwnWrites())
        func offer(_ number: Int, _ keys: Range<Int>) -> WorkQueue.Reception {
            let offers = keys.map { key in
                var change = PendingChange()
                change.force = true
                return Offer(listener: 0, key: DocumentKey(BSONValue(key)), change: change)
            }
            return queue.offer(
                offers, upTo: StreamPlace(position: position(number), readAt: .now), isOut: { _ in true })
        }
        func hasRoom() -> Bool { queue.hasRoom }
        #expect(offer(1, 0..<10) == .taken)
        #expect(!hasRoom())
        let shed = queue.shed(0)
        #expect(shed.count == 10 && queue.isBehind(0) && queue.isIdle(0) && hasRoom())
        #expect(queue.safePosition == nil)
        queue.drop(Array(shed.prefix(1)))
        #expect(queue.safePosition == nil)
        // It is counted, though its listener is behind.
        queue.restore(Array(shed.suffix(9)))
        #expect(queue.load.documents == 9 && !hasRoom())
        let again = queue.shed(0)
        queue.drop(again)
        #expect(again.count == 9 && queue.isIdle(0))
        #expect(queue.safePosition == position(1))
    }

    @Test func thePositionMovesPastWhatWasForgotten() {
        let queue = WorkQueue(listeners: 2, limit: 2000, ownWrites: OwnWrites())
        func offer(_ number: Int, to listener: ListenerRef) -> WorkQueue.Reception {
            let offers = (0..<(listener == 0 ? 10 : 1)).map {
                Offer(
                    listener: listener, key: DocumentKey(BSONValue(number * 10 + $0)), change: PendingChange()
                )
            }
            return queue.offer(
                offers, upTo: StreamPlace(position: position(number), readAt: .now), isOut: { $0 == 0 })
        }
        #expect(offer(1, to: 0) == .taken)
        #expect(queue.safePosition == nil)
        #expect(offer(2, to: 1) == .blocked(by: 0))
        #expect(queue.shed(0).isEmpty)
        #expect(queue.safePosition == position(1))
        #expect(offer(2, to: 1) == .taken)
        // Behind, it takes nothing from the stream until its scan begins.
        #expect(offer(3, to: 0) == .taken)
        #expect(queue.isIdle(0))
        queue.beginScan(1, for: [0])
        #expect(queue.safePosition == position(1))
    }
}
