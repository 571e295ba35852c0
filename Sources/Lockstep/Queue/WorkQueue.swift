/// Between the capture thread and the handlers: bounded in bytes, coalescing by document, one queue a listener.
///
/// A full queue stops the reader; it never grows.
final class WorkQueue: Sendable {
    /// What the capture or a scan found out about one document, for one listener.
    struct Offer {
        let listener: Int
        let key: DocumentKey
        var change: PendingChange
    }

    fileprivate struct Waiter {
        let limit: Int
        let continuation: CheckedContinuation<[Job]?, Never>
    }

    fileprivate struct State {
        var listeners: [ListenerQueue]
        var waiters: [[Waiter]]
        var stream = CheckpointTracker<Position>()
        var scans: [Int: CheckpointTracker<BSONValue>] = [:]
        var closed = false

        var bytes: Int {
            listeners.reduce(0) { $0 + $1.bytes }
        }
    }

    private let state: Monitor<State>
    /// Bytes that may wait, at most.
    let limit: Int

    init(listeners: Int, limit: Int) {
        self.limit = limit
        state = Monitor(
            State(
                listeners: Array(repeating: ListenerQueue(), count: listeners),
                waiters: Array(repeating: [], count: listeners)))
    }
}

// MARK: Coming in

extension WorkQueue {
    /// Takes what one batch of the stream brought; its end becomes safe once all of it is done.
    ///
    /// Blocks while the queue is full. False once the queue is closed.
    func offer(_ offers: [Offer], upTo position: Position) -> Bool {
        let open = state.wait { state -> Bool? in
            if state.closed { return false }
            return offers.isEmpty || state.bytes < limit ? true : nil
        }
        guard open else { return false }
        let wakeups = state.signalling { state in
            let ticket = state.stream.open(position)
            for var offer in offers {
                offer.change.streamTicket = ticket
                if state.listeners[offer.listener].offer(offer.key, offer.change).stream {
                    state.stream.add(ticket)
                }
            }
            state.stream.finished(ticket)
            return state.handOut()
        }
        wake(wakeups)
        return true
    }

    /// Takes documents that belong to no place in the stream: a library's own writes, parked ones to try again.
    func offer(_ offers: [Offer]) {
        let wakeups = state.signalling { state in
            for offer in offers {
                _ = state.listeners[offer.listener].offer(offer.key, offer.change)
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    /// Takes what one page of a scan brought. Blocks while a quarter of the queue's bytes is taken, so that the
    /// stream always finds room. False once the queue is closed.
    func offer(_ offers: [Offer], scan: Int, upTo id: BSONValue) -> Bool {
        let open = state.wait { state -> Bool? in
            if state.closed { return false }
            return offers.isEmpty || state.bytes < limit / 4 ? true : nil
        }
        guard open else { return false }
        let wakeups = state.signalling { state in
            guard let ticket = state.scans[scan]?.open(id) else { return [(Waiter, [Job]?)]() }
            for var offer in offers {
                offer.change.scanTicket = ScanTicket(scan: scan, ticket: ticket)
                if state.listeners[offer.listener].offer(offer.key, offer.change).scan {
                    state.scans[scan]?.add(ticket)
                }
            }
            state.scans[scan]?.finished(ticket)
            return state.handOut()
        }
        wake(wakeups)
        return true
    }

    /// The outputs of these documents were written: the listeners that read them come next, under the same tickets.
    func chain(_ jobs: [Job], to listeners: [Int]) {
        guard !listeners.isEmpty, !jobs.isEmpty else { return }
        let wakeups = state.signalling { state in
            for listener in listeners {
                for job in jobs {
                    var change = PendingChange()
                    change.streamTicket = job.change.streamTicket
                    change.scanTicket = job.change.scanTicket
                    let taken = state.listeners[listener].offer(job.key, change)
                    if taken.stream, let ticket = change.streamTicket { state.stream.add(ticket) }
                    if taken.scan, let ticket = change.scanTicket {
                        state.scans[ticket.scan]?.add(ticket.ticket)
                    }
                }
            }
            return state.handOut()
        }
        wake(wakeups)
    }
}

// MARK: Going out

extension WorkQueue {
    /// The next documents of a listener, at most `limit`; waits for some. Nil once the queue is closed.
    func next(listener: Int, limit: Int) async -> [Job]? {
        await withCheckedContinuation { continuation in
            let now: [Job]?? = state.signalling { state in
                if state.closed { return .some(nil) }
                let jobs = state.listeners[listener].take(limit: limit)
                if !jobs.isEmpty { return jobs }
                state.waiters[listener].append(Waiter(limit: limit, continuation: continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// These documents are handled, whatever came out.
    func finish(_ jobs: [Job], listener: Int) {
        let wakeups = state.signalling { state in
            for job in jobs {
                state.listeners[listener].finish(job)
                state.release(job.change.streamTicket, job.change.scanTicket)
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    /// These documents are to be tried again at `due`; they hold their places meanwhile.
    func giveBack(_ jobs: [Job], listener: Int, due: ContinuousClock.Instant) {
        let wakeups = state.signalling { state in
            for job in jobs {
                let covered = state.listeners[listener].giveBack(job, due: due)
                state.release(covered.streamCovered, covered.scanCovered)
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    /// Brings back what is due again.
    func releaseDue(_ now: ContinuousClock.Instant) {
        let wakeups = state.signalling { state in
            for index in state.listeners.indices {
                var released: [(Ticket?, ScanTicket?)] = []
                state.listeners[index].releaseDue(now) { change, stream, scan in
                    released.append((stream ? nil : change.streamTicket, scan ? nil : change.scanTicket))
                }
                for (stream, scan) in released { state.release(stream, scan) }
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    private func wake(_ wakeups: [(Waiter, [Job]?)]) {
        for (waiter, jobs) in wakeups { waiter.continuation.resume(returning: jobs) }
    }
}

// MARK: Progress

extension WorkQueue {
    /// The place up to which everything is handled.
    var safePosition: Position? {
        state.withLock { $0.stream.safe }
    }

    func beginScan(_ scan: Int) {
        state.withLock { $0.scans[scan] = CheckpointTracker() }
    }

    /// The `_id` up to which a scan's documents are handled, and whether any are not.
    func progress(ofScan scan: Int) -> (safe: BSONValue?, isBusy: Bool) {
        state.withLock { ($0.scans[scan]?.safe, $0.scans[scan]?.isBusy ?? false) }
    }

    func endScan(_ scan: Int) {
        state.withLock { _ = $0.scans.removeValue(forKey: scan) }
    }

    /// Documents that wait or are being handled, and the bytes they take.
    var load: (documents: Int, bytes: Int) {
        state.withLock { state in (state.listeners.reduce(0) { $0 + $1.count }, state.bytes) }
    }

    /// True when no listener has anything to do.
    var isIdle: Bool {
        state.withLock { $0.listeners.allSatisfy(\.isIdle) }
    }

    /// No more comes in or goes out; everybody who waits is told.
    func close() {
        let wakeups = state.signalling { state in
            state.closed = true
            let all = state.waiters.flatMap { $0 }.map { ($0, [Job]?.none) }
            for index in state.waiters.indices { state.waiters[index] = [] }
            return all
        }
        wake(wakeups)
    }
}

extension WorkQueue.State {
    /// Pairs waiting handlers with work; the continuations are resumed outside the lock.
    fileprivate mutating func handOut() -> [(WorkQueue.Waiter, [Job]?)] {
        var wakeups: [(WorkQueue.Waiter, [Job]?)] = []
        for index in listeners.indices {
            while listeners[index].hasWork, let waiter = waiters[index].popLast() {
                wakeups.append((waiter, listeners[index].take(limit: waiter.limit)))
            }
        }
        return wakeups
    }

    fileprivate mutating func release(_ stream: Ticket?, _ scan: ScanTicket?) {
        if let stream { self.stream.finished(stream) }
        if let scan { scans[scan.scan]?.finished(scan.ticket) }
    }
}
