@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepSinks
@testable import MongoBSON
import Testing
import TestModels

/// What one listener holds of the stream, beside all the others.
@Suite struct HeldTicketsTests {
    @Test func theOldestIsTheFirstThatIsStillHeld() {
        var held = HeldTickets()
        func ticket(_ number: UInt64) -> Ticket { Ticket(number: number) }
        #expect(held.oldest == nil)
        for number: UInt64 in [3, 3, 5, 9, 4, 1] { held.add(ticket(number)) }
        #expect(held.oldest == ticket(1))
        held.remove(ticket(1))
        held.remove(ticket(3))
        #expect(held.oldest == ticket(3))
        held.remove(ticket(3))
        #expect(held.oldest == ticket(4))
        held.remove(ticket(5))
        held.remove(ticket(4))
        #expect(held.oldest == ticket(9))
        // What is not held, or no more, is none of its business.
        held.remove(ticket(7))
        held.remove(ticket(9))
        held.remove(ticket(9))
        #expect(held.oldest == nil)
    }

    @Test func randomOrdersGiveTheSmallestThatIsHeld() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var held = HeldTickets()
            var model: [UInt64] = []
            for _ in 0..<100 {
                if Bool.random(using: &generator) || model.isEmpty {
                    let number = UInt64.random(in: 0..<20, using: &generator)
                    model.append(number)
                    held.add(Ticket(number: number))
                } else {
                    let number = model.remove(at: Int.random(in: 0..<model.count, using: &generator))
                    held.remove(Ticket(number: number))
                }
                #expect(held.oldest?.number == model.min())
            }
        }
    }
}

/// The place up to which one listener is done.
@Suite struct ListenerPositionTests {
    private let queue = WorkQueue(listeners: 3, limit: 1 << 20, ownWrites: OwnWrites())

    private func position(_ number: Int) -> Position {
        Position(token: ["_data": BSONValue("82" + String(repeating: "0", count: 7) + "\(number)00000001")])
    }

    private func offer(_ number: Int, to listeners: [ListenerRef]) {
        let offers = listeners.map {
            Offer(listener: $0, key: DocumentKey(BSONValue(number)), change: PendingChange())
        }
        _ = queue.offer(
            offers, upTo: StreamPlace(position: position(number), readAt: .now), isOut: { _ in false })
    }

    @Test func aListenerIsAsFarAsItsOwnWork() async throws {
        #expect(queue.safePosition(of: [1]) == nil)
        offer(1, to: [1])
        offer(2, to: [0])
        offer(3, to: [1])
        // Who has nothing to do is as far as the stream was read.
        #expect(queue.safePosition(of: [2]) == position(3))
        #expect(queue.safePosition(of: [0]) == position(1))
        #expect(queue.safePosition(of: [1]) == nil)
        let jobs = try #require(await queue.next(listener: 1, RoundLimits(live: 10, scan: 10)))
        queue.finish([jobs[0]], listener: 1)
        #expect(queue.safePosition(of: [1]) == position(2))
        queue.finish([jobs[1]], listener: 1)
        #expect(queue.safePosition(of: [1]) == position(3))
        // The other one keeps the position that is saved, and all who ask for both.
        #expect(queue.safePosition == position(1))
        #expect(queue.safePosition(of: [0, 1, 2]) == position(1))
    }

    @Test func whatIsHandedOnHoldsItsReader() async throws {
        offer(1, to: [0])
        let jobs = try #require(await queue.next(listener: 0, RoundLimits(live: 10, scan: 10)))
        queue.chain(jobs, to: [1])
        queue.finish(jobs, listener: 0)
        #expect(queue.safePosition(of: [0]) == position(1))
        #expect(queue.safePosition(of: [1]) == nil)
        let chained = try #require(await queue.next(listener: 1, RoundLimits(live: 10, scan: 10)))
        queue.finish(chained, listener: 1)
        #expect(queue.safePosition(of: [1]) == position(1))
    }

    @Test func whatWasGivenBackOrDroppedIsCountedOnce() async throws {
        offer(1, to: [0])
        offer(2, to: [0])
        let jobs = try #require(await queue.next(listener: 0, RoundLimits(live: 1, scan: 1)))
        queue.giveBack(jobs, listener: 0, due: .now)
        #expect(queue.safePosition(of: [0]) == nil)
        queue.releaseDue(.now)
        #expect(queue.safePosition(of: [0]) == nil)
        _ = queue.shed(0)
        #expect(queue.safePosition(of: [0]) == position(2))
    }
}
