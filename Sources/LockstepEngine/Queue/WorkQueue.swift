import LockstepCore
import LockstepSinks

/// Between the capture thread and the handlers: bounded in bytes, coalescing by document, one queue a listener.
///
/// A full queue stops the reader; it never grows. A listener that fills it while its model is unavailable is set behind.
package final class WorkQueue: Sendable {
    package struct Waiter {
        package let limits: RoundLimits
        package let continuation: CheckedContinuation<[Job]?, Never>
    }

    package struct State {
        package var listeners: [ListenerQueue]
        package var waiters: [[Waiter]]
        package var stream = CheckpointTracker<StreamPlace>()
        /// For each listener, the places of the stream that its work holds open.
        package var held: [HeldTickets]
        package var scans: [Int: Scan] = [:]
        package var fullSince: ContinuousClock.Instant?
        package var closed = false

        package var bytes: Int {
            listeners.reduce(0) { $0 + $1.bytes }
        }
    }

    /// One pass over a collection.
    package struct Scan {
        /// The listeners that took part and do not any more.
        package var left: Set<Int> = []
        package var tracker = CheckpointTracker<ScanPlace>()
    }

    package let state: Monitor<State>
    /// Bytes that may wait, at most.
    package let limit: Int
    private let ownWrites: OwnWrites

    package init(listeners: Int, limit: Int, ownWrites: OwnWrites) {
        self.limit = limit
        self.ownWrites = ownWrites
        state = Monitor(
            State(
                listeners: Array(repeating: ListenerQueue(), count: listeners),
                waiters: Array(repeating: [], count: listeners),
                held: Array(repeating: HeldTickets(), count: listeners)))
    }
}

// MARK: Coming in

extension WorkQueue {
    /// What became of a batch of the stream.
    package enum Reception: Equatable {
        case taken
        /// Not taken: the queue is full of this listener's changes, and the others need not wait for it.
        case blocked(by: Int)
        case closed
    }

    /// Takes what one batch of the stream brought; its end becomes safe once all of it is done.
    ///
    /// Blocks while the queue is full.
    package func offer(
        _ offers: [Offer], upTo place: StreamPlace, isOut: (Int) -> Bool
    ) -> Reception {
        while true {
            let room = state.wait(atMost: 0.5) { state -> Reception? in
                if state.closed { return .closed }
                return offers.isEmpty || state.hasRoom(limit: limit) ? .taken : nil
            }
            switch room {
            case .taken:
                take(offers, place)
                return .taken
            case .some(let other): return other
            case nil:
                if let listener = blocker(isOut) { return .blocked(by: listener) }
            }
        }
    }

    private func take(_ offers: [Offer], _ place: StreamPlace) {
        let wakeups = state.signalling { state in
            let ticket = state.stream.open(place)
            for var offer in offers {
                if state.listeners[offer.listener].isBehind, !offer.change.isInvisibleToScans { continue }
                // As the router has asked, and once more under the lock: a handler may have written meanwhile, while the
                // batch waited for room.
                // mechanism outstanding
                if offer.change.carried != nil,
                    ownWrites.isOutstanding(listener: offer.listener, key: offer.key)
                {
                    offer.change.carried = nil
                }
                offer.change.streamTicket = ticket
                state.enter(offer.listener, offer.key, offer.change)
            }
            state.stream.finished(ticket)
            return state.handOut()
        }
        wake(wakeups)
    }

    /// Takes documents that belong to no place in the stream: a library's own writes, parked ones to try again.
    package func offer(_ offers: [Offer]) {
        let wakeups = state.signalling { state in
            for offer in offers { state.enter(offer.listener, offer.key, offer.change) }
            return state.handOut()
        }
        wake(wakeups)
    }

    /// The outputs of these documents were written: the listeners that read them come next, under the same tickets.
    package func chain(_ jobs: [Job], to listeners: [Int]) {
        guard !listeners.isEmpty, !jobs.isEmpty else { return }
        let wakeups = state.signalling { state in
            for listener in listeners {
                for job in jobs {
                    var change = PendingChange()
                    if let ticket = job.change.scanTicket, !state.hasLeft(listener, ticket.scan) {
                        change.scanTicket = ticket
                    }
                    let isBehind = state.listeners[listener].isBehind
                    if !isBehind { change.streamTicket = job.change.streamTicket }
                    // Who has left the scan, or is behind, finds the document in a scan of its own.
                    if isBehind || job.change.scanTicket != nil, change.scanTicket == nil,
                        change.streamTicket == nil
                    {
                        continue
                    }
                    state.enter(listener, job.key, change)
                }
            }
            return state.handOut()
        }
        wake(wakeups)
    }
}

// MARK: Going out

extension WorkQueue {
    /// The next documents of a listener; waits for some. Nil once the queue is closed.
    package func next(listener: Int, _ limits: RoundLimits) async -> [Job]? {
        await withCheckedContinuation { continuation in
            let now: [Job]?? = state.signalling { state in
                if state.closed { return .some(nil) }
                let jobs = state.listeners[listener].take(limits)
                if !jobs.isEmpty { return jobs }
                state.waiters[listener].append(Waiter(limits: limits, continuation: continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// These documents are handled, whatever came out.
    ///
    /// - Returns: when the change behind each was read from the stream; nil where there was none.
    @discardableResult
    package func finish(_ jobs: [Job], listener: Int) -> [Moment?] {
        var readAt: [Moment?] = []
        readAt.reserveCapacity(jobs.count)
        let wakeups = state.signalling { state in
            // Neighbours are of one batch of the stream, mostly.
            var known: (ticket: Ticket, readAt: Moment?)?
            for job in jobs {
                if let ticket = job.change.streamTicket {
                    if known?.ticket != ticket { known = (ticket, state.stream.place(of: ticket)?.readAt) }
                    readAt.append(known?.readAt)
                } else {
                    readAt.append(nil)
                }
                state.release(state.listeners[listener].finish(job), of: listener)
            }
            return state.handOut()
        }
        wake(wakeups)
        return readAt
    }

    /// These documents are to be tried again at `due`; they hold their places meanwhile.
    package func giveBack(_ jobs: [Job], listener: Int, due: ContinuousClock.Instant) {
        let wakeups = state.signalling { state in
            for job in jobs {
                state.release(state.listeners[listener].giveBack(job, due: due), of: listener)
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    /// Brings back what is due again.
    package func releaseDue(_ now: ContinuousClock.Instant) {
        let wakeups = state.signalling { state in
            for index in state.listeners.indices {
                for surplus in state.listeners[index].releaseDue(now) { state.release(surplus, of: index) }
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    package func wake(_ wakeups: [(Waiter, [Job]?)]) {
        for (waiter, jobs) in wakeups { waiter.continuation.resume(returning: jobs) }
    }
}

// MARK: Progress

extension WorkQueue {
    /// The place up to which everything is handled.
    package var safePosition: Position? {
        state.withLock { $0.stream.safe?.position }
    }

    /// The place up to which everything of these listeners is handled, whatever waits for others.
    package func safePosition(of listeners: Set<Int>) -> Position? {
        state.withLock { state in
            guard let oldest = listeners.compactMap({ state.held[$0].oldest }).min() else {
                return state.stream.newest?.position
            }
            return state.stream.place(before: oldest)?.position
        }
    }

    /// When the oldest batch was read that is not handled yet; nil when all are.
    package var oldestOpen: Moment? {
        state.withLock { $0.stream.firstOpen?.readAt }
    }

    /// For each listener, the documents that wait or are being handled, and those of them that have no output yet.
    package var loads: [(documents: Int, missing: Int)] {
        state.withLock { $0.listeners.map { ($0.count, $0.missing) } }
    }

    /// Documents that wait or are being handled, and the bytes they take.
    package var load: (documents: Int, bytes: Int) {
        state.withLock { state in (state.listeners.reduce(0) { $0 + $1.count }, state.bytes) }
    }

    /// True when no listener has anything to do.
    package var isIdle: Bool {
        state.withLock { $0.listeners.allSatisfy(\.isIdle) }
    }

    /// True while a handler has documents in its hands.
    package var isInHand: Bool {
        state.withLock { $0.listeners.contains(where: \.isInHand) }
    }

    /// No more comes in or goes out; everybody who waits is told.
    package func close() {
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
    package mutating func handOut() -> [(WorkQueue.Waiter, [Job]?)] {
        var wakeups: [(WorkQueue.Waiter, [Job]?)] = []
        for index in listeners.indices {
            while listeners[index].hasWork, let waiter = waiters[index].popLast() {
                wakeups.append((waiter, listeners[index].take(waiter.limits)))
            }
        }
        return wakeups
    }

    /// Puts a change in line; the places of its tickets wait for it.
    package mutating func enter(_ listener: Int, _ key: DocumentKey, _ change: PendingChange) {
        if let ticket = change.streamTicket {
            // mechanism tickets
            stream.add(ticket)
            // mechanism held
            held[listener].add(ticket)
        }
        if let ticket = change.scanTicket { scans[ticket.scan]?.tracker.add(ticket.ticket) }
        release(listeners[listener].offer(key, change), of: listener)
    }

    /// Work of the listener is done, or was dropped, or earlier work covers its places.
    package mutating func release(_ tickets: PendingChange.Tickets, of listener: Int) {
        release(tickets.stream, tickets.scan, of: listener)
    }

    package mutating func release(_ stream: Ticket?, _ scan: ScanTicket?, of listener: Int) {
        if let stream {
            self.stream.finished(stream)
            held[listener].remove(stream)
        }
        if let scan { scans[scan.scan]?.tracker.finished(scan.ticket) }
    }
}
