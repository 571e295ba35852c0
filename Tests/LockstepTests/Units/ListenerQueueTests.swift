import Testing

@testable import Lockstep

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
        #expect(queue.offer(key, change(first)).stream)
        // The earlier ticket covers the later change.
        #expect(!queue.offer(key, change(second)).stream)
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
        #expect(queue.offer(key, change(second, carried: ["new"])).stream)
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
        queue.releaseDue(now) { _, _, _ in }
        #expect(queue.take(limit: 1).isEmpty)
        queue.releaseDue(now + .seconds(1)) { _, _, _ in }
        #expect(queue.take(limit: 1).map(\.change.streamTicket) == [first])
    }

    @Test func whatIsGivenBackComesAtOnceWhenSomethingNewerCame() {
        var queue = ListenerQueue()
        _ = queue.offer(key, change(first))
        var job = queue.take(limit: 1)[0]
        job.change.attempts = 2
        _ = queue.offer(key, change(second))
        let covered = queue.giveBack(job, due: .now + .seconds(100))
        #expect(covered.streamCovered == second)
        let again = queue.take(limit: 1)
        #expect(again.map(\.change.streamTicket) == [first])
        #expect(again.map(\.change.attempts) == [0])
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
        queue.releaseDue(.now + .seconds(1)) { _, _, _ in }
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
