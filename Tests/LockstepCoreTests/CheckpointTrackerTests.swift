@testable import LockstepCore
import Testing

@Suite struct CheckpointTrackerTests {
    @Test func onlyTheLongestFinishedPrefixIsSafe() {
        var tracker = CheckpointTracker<Int>()
        let first = tracker.open(1)
        let second = tracker.open(2)
        let third = tracker.open(3)
        #expect(tracker.finished(third) == nil)
        #expect(tracker.finished(second) == nil)
        #expect(tracker.safe == nil)
        #expect(tracker.finished(first) == 3)
        #expect(tracker.safe == 3)
        #expect(!tracker.isBusy)
    }

    @Test func aPlaceWaitsForAllOfItsWork() {
        var tracker = CheckpointTracker<Int>()
        let ticket = tracker.open(1)
        tracker.add(ticket)
        tracker.add(ticket)
        #expect(tracker.finished(ticket) == nil)
        #expect(tracker.finished(ticket) == nil)
        #expect(tracker.finished(ticket) == 1)
    }

    @Test func emptyPlacesBehindABusyOneDoNotPileUp() {
        var tracker = CheckpointTracker<Int>()
        let busy = tracker.open(0)
        for place in 1...1000 { tracker.finished(tracker.open(place)) }
        #expect(tracker.slots.count <= 2)
        #expect(tracker.finished(busy) == 1000)
    }

    @Test func aTicketThatIsDoneTwiceDoesNoHarm() {
        var tracker = CheckpointTracker<Int>()
        let first = tracker.open(1)
        tracker.finished(first)
        tracker.finished(first)
        let second = tracker.open(2)
        #expect(tracker.isBusy)
        #expect(tracker.finished(second) == 2)
    }

    @Test func randomOrdersNeverPassUnfinishedWork() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var tracker = CheckpointTracker<Int>()
            var open: [(place: Int, ticket: Ticket)] = []
            for place in 0..<20 {
                open.append((place, tracker.open(place)))
                while !open.isEmpty, Bool.random(using: &random) {
                    let done = open.remove(at: Int.random(in: open.indices, using: &random))
                    tracker.finished(done.ticket)
                    let unfinished = open.map(\.place).min()
                    if let safe = tracker.safe, let unfinished { #expect(safe < unfinished) }
                }
            }
        }
    }
}
