@testable import LockstepCore
@testable import MongoBSON
import TestModels
import Testing

@Suite struct ListenerQueueTests {
    let key = DocumentKey(1)
    let first = Ticket(number: 1)
    let second = Ticket(number: 2)

    private func change(
        _ ticket: Ticket? = nil, force: Bool = false, carried: [BSONValue]? = nil
    ) -> PendingChange {
        var change = PendingChange()
        change.streamTicket = ticket
        change.force = force
        change.carried = carried
        return change
    }

    @Test func changesOfOneDocumentAreOneJob() {
        var queue = ListenerQueue()
        #expect(queue.offer(key, change(first)).stream == nil)
        // The earlier ticket covers the later change.
        #expect(queue.offer(key, change(second)).stream == second)
        let jobs = queue.take(limit: 10)
        #expect(jobs.count == 1)
        #expect(jobs[0].change.streamTicket == first)
    }

    @Test func whatIsForcedStaysForcedBehindAnUnforcedChange() {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first, force: true))
        _ = queue.offer(key, change(second))
        #expect(queue.take(limit: 1)[0].change.force)
    }

    @Test func anUpdateOnTopOfAnInsertMakesItsValuesOld() {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first, carried: ["old"]))
        _ = queue.offer(key, change(second))
        #expect(queue.take(limit: 1)[0].change.carried == nil)
    }

    @Test func oneDocumentIsNeverInTwoHandlersAtOnce() throws {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first))
        let job = queue.take(limit: 1)[0]
        #expect(queue.offer(key, change(second, carried: ["new"])).stream == nil)
        #expect(queue.take(limit: 1).isEmpty)
        queue.finish(job)
        let next = try #require(queue.take(limit: 1).first)
        #expect(next.change.streamTicket == second)
        // The handler may have read the document after the second change.
        #expect(next.change.carried == nil)
    }

    @Test func liveChangesOvertakeAScan() {
        var queue = ListenerQueue()
        var scanned = PendingChange()
        scanned.scanTicket = ScanTicket(scan: 1, ticket: first)
        _ = queue.offer(DocumentKey(1), scanned)
        _ = queue.offer(DocumentKey(2), scanned)
        _ = queue.offer(DocumentKey(3), change(second))
        _ = queue.offer(DocumentKey(2), change(second))
        #expect(queue.take(limit: 10).map(\.key) == [DocumentKey(3), DocumentKey(2), DocumentKey(1)])
    }

    @Test func whatIsGivenBackComesAgainWhenItIsDue() {
        var queue = ListenerQueue()
        let now = ContinuousClock.now
        _ = queue.offer(key, change(first))
        let job = queue.take(limit: 1)[0]
        _ = queue.giveBack(job, due: now + .seconds(1))
        #expect(queue.releaseDue(now).isEmpty)
        #expect(queue.take(limit: 1).isEmpty)
        #expect(queue.releaseDue(now + .seconds(1)) == [.init()])
        #expect(queue.take(limit: 1).map(\.change.streamTicket) == [first])
    }

    @Test func whatIsGivenBackComesAtOnceWhenSomethingNewerCame() {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first))
        var job = queue.take(limit: 1)[0]
        job.change.attempts = 2
        _ = queue.offer(key, change(second))
        let covered = queue.giveBack(job, due: .now + .seconds(100))
        #expect(covered.stream == second)
        let again = queue.take(limit: 1)
        #expect(again.map(\.change.streamTicket) == [first])
        #expect(again.map(\.change.attempts) == [0])
    }

    @Test func whatIsDelayedKeepsItsEarlierPlaceWhenANewerChangeWaits() {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first, force: true))
        var job = queue.take(limit: 1)[0]
        job.change.attempts = 2
        _ = queue.giveBack(job, due: .now)
        #expect(queue.offer(key, change(second)).stream == nil)
        // The later place is covered, and not the one where somebody changed the output.
        #expect(queue.releaseDue(.now + .seconds(1)).map(\.stream) == [second])
        let again = queue.take(limit: 10)
        #expect(again.map(\.change.streamTicket) == [first])
        #expect(again.map(\.change.force) == [true])
        // Another input has attempts of its own.
        #expect(again.map(\.change.attempts) == [0])
    }

    @Test func whatIsDelayedKeepsItsEarlierPlaceWhileANewerChangeIsInHand() {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first))
        let delayed = queue.take(limit: 1)[0]
        _ = queue.giveBack(delayed, due: .now)
        _ = queue.offer(key, change(second))
        let newer = queue.take(limit: 1)[0]
        #expect(queue.offer(key, change(Ticket(number: 3))).stream == nil)
        #expect(queue.releaseDue(.now + .seconds(1)).map(\.stream) == [Ticket(number: 3)])
        #expect(queue.giveBack(newer, due: .now).stream == second)
        #expect(queue.take(limit: 10).map(\.change.streamTicket) == [first])
    }

    struct Merge: Sendable {
        let (known, later, kept, surplus): (UInt64?, UInt64?, UInt64?, UInt64?)
    }

    @Test(arguments: [
        Merge(known: nil, later: nil, kept: nil, surplus: nil),
        Merge(known: 1, later: nil, kept: 1, surplus: nil),
        Merge(known: nil, later: 1, kept: 1, surplus: nil), Merge(known: 1, later: 2, kept: 1, surplus: 2),
        Merge(known: 2, later: 1, kept: 1, surplus: 2), Merge(known: 1, later: 1, kept: 1, surplus: 1),
    ])
    func ofTwoPlacesTheEarlierIsKeptWhicheverComesOnTop(_ test: Merge) {
        func ticket(_ number: UInt64?) -> Ticket? { number.map { Ticket(number: $0) } }
        func scan(_ number: UInt64?) -> ScanTicket? { ticket(number).map { ScanTicket(scan: 7, ticket: $0) } }
        var known = change(ticket(test.known))
        known.scanTicket = scan(test.known)
        var later = change(ticket(test.later))
        later.scanTicket = scan(test.later)
        let surplus = known.merge(later)
        #expect(known.streamTicket == ticket(test.kept) && known.scanTicket == scan(test.kept))
        #expect(surplus == .init(stream: ticket(test.surplus), scan: scan(test.surplus)))
    }

    @Test func ofTwoScansThePlaceOfTheLaterOneIsKept() {
        var known = PendingChange()
        known.scanTicket = ScanTicket(scan: 7, ticket: first)
        var later = PendingChange()
        later.scanTicket = ScanTicket(scan: 8, ticket: second)
        #expect(known.merge(later).scan?.scan == 7)
        #expect(known.scanTicket?.scan == 8)
    }

    @Test func aRoundWithALiveChangeIsNoLongerThanOneOfLiveChanges() {
        var queue = ListenerQueue()
        var scanned = PendingChange()
        scanned.scanTicket = ScanTicket(scan: 1, ticket: first)
        for number in 0..<20 { _ = queue.offer(DocumentKey(BSONValue(number)), scanned) }
        let limits = RoundLimits(live: 3, scan: 10)
        #expect(queue.take(limits).count == 10)
        _ = queue.offer(DocumentKey("live"), change(second))
        #expect(queue.take(limits).map(\.key) == [DocumentKey("live"), DocumentKey(10), DocumentKey(11)])
        #expect(queue.take(limits).count == 8)
    }

    @Test func bytesAreZeroAgainWhenEverythingIsDone() {
        var queue = ListenerQueue()
        for round in 0..<3 {
            for number in 0..<50 {
                _ = queue.offer(
                    DocumentKey(BSONValue(number)), change(first, carried: round == 0 ? ["text"] : nil))
            }
            let jobs = queue.take(limit: 30)
            for job in jobs { _ = queue.offer(job.key, change(second, carried: ["later"])) }
            for job in jobs.prefix(10) { _ = queue.giveBack(job, due: .now) }
            for job in jobs.dropFirst(10) { queue.finish(job) }
        }
        _ = queue.releaseDue(.now + .seconds(1))
        #expect(queue.bytes > 0)
        while case let jobs = queue.take(limit: 10), !jobs.isEmpty {
            for job in jobs { queue.finish(job) }
        }
        #expect(queue.isIdle)
        #expect(queue.bytes == 0)
    }

    @Test func numbersThatMongoDBHoldsEqualAreOneKey() {
        #expect(DocumentKey(BSONValue(int32: 1)) == DocumentKey(BSONValue(int64: 1)))
        #expect(DocumentKey(BSONValue(int32: 1)) == DocumentKey(1.0))
        #expect(DocumentKey(1.5) != DocumentKey(1))
        #expect(DocumentKey(["a": 1]) == DocumentKey(["a": 1.0]))
        #expect(DocumentKey("1") != DocumentKey(1))
    }
}
