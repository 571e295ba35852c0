import LockstepCore
import LockstepSinks

/// Between the capture thread and the handlers: bounded in bytes, coalescing by document, one queue a listener.
///
/// A full queue stops the reader; it never grows. A listener that fills it while its model is unavailable is set behind.
package final class WorkQueue: Sendable {
    private struct Waiter {
        let limits: RoundLimits
        /// Whether so many documents are worth a round now; counts it if so.
        let admits: Admission
        let continuation: CheckedContinuation<[Job]?, Never>
    }

    private struct State {
        var backlog: Backlog
        var waiters: PerListener<[Waiter]>
        var closed = false
        /// Who is looked at first: each in turn, as some share the rounds of an account.
        var turn = 0

        /// Pairs waiting handlers with work; the continuations are resumed outside the lock.
        mutating func handOut() -> [(Waiter, [Job]?)] {
            var wakeups: [(Waiter, [Job]?)] = []
            let refs = waiters.refs
            guard !refs.isEmpty else { return wakeups }
            turn = (turn + 1) % refs.count
            for listener in refs[turn...] + refs[..<turn] {
                while case let ready = backlog.ready(listener), ready > 0,
                    let waiter = waiters[listener].last, waiter.admits(ready, waiter.limits)
                {
                    waiters[listener].removeLast()
                    wakeups.append((waiter, backlog.next(listener, waiter.limits)))
                }
            }
            return wakeups
        }
    }

    /// Decides whether so many documents, of which a round takes some, are worth one now.
    package typealias Admission = @Sendable (_ ready: Int, _ limits: RoundLimits) -> Bool

    private let state: Monitor<State>
    /// Bytes that may wait, at most.
    package let limit: Int
    private let ownWrites: OwnWrites

    package init(listeners count: Int, limit: Int, ownWrites: OwnWrites) {
        self.limit = limit
        self.ownWrites = ownWrites
        state = Monitor(
            State(
                backlog: Backlog(listeners: count),
                waiters: PerListener(Array(repeating: [], count: count))))
    }

    /// Changes the backlog and gives handlers that wait what is there for them.
    private func change<Result>(_ body: (inout Backlog) -> Result) -> Result {
        let (result, wakeups) = state.signalling { state in
            (body(&state.backlog), state.handOut())
        }
        resume(wakeups)
        return result
    }

    private func resume(_ wakeups: [(Waiter, [Job]?)]) {
        for (waiter, jobs) in wakeups { waiter.continuation.resume(returning: jobs) }
    }

    private func read<Result>(_ body: (borrowing Backlog) -> Result) -> Result {
        state.withLock { body($0.backlog) }
    }
}

// MARK: Coming in

extension WorkQueue {
    /// What became of a batch of the stream.
    package enum Reception: Equatable {
        case taken
        /// Not taken: the queue is full of this listener's changes, and the others need not wait for it.
        case blocked(by: ListenerRef)
        case closed
    }

    /// Takes what one batch of the stream brought; its end becomes safe once all of it is done.
    ///
    /// Blocks while the queue is full.
    package func offer(
        _ offers: [Offer], upTo place: StreamPlace, isOut: (ListenerRef) -> Bool
    ) -> Reception {
        while true {
            let room = state.wait(atMost: 0.5) { state -> Reception? in
                if state.closed { return .closed }
                return offers.isEmpty || state.backlog.hasRoom(limit: limit, at: .now) ? .taken : nil
            }
            switch room {
            case .taken:
                change { $0.take(offers, upTo: place, isOutstanding: ownWrites.isOutstanding) }
                return .taken
            case .some(let other): return other
            case nil:
                // Whether a listener is out is asked outside of the lock: that has locks of its own.
                let pressure = read { $0.pressure(at: .now) }
                if let listener = Shedding.victim(of: pressure, limit: limit, isOut: isOut) {
                    return .blocked(by: listener)
                }
            }
        }
    }

    /// Takes documents that belong to no place in the stream: a library's own writes, parked ones to try again.
    package func offer(_ offers: [Offer]) {
        change { $0.take(offers) }
    }

    /// Takes what one page of a scan brought. False once the queue is closed.
    package func offer(_ offers: [Offer], scan: Int, upTo place: ScanPlace) -> Bool {
        let wakeups: [(Waiter, [Job]?)]? = state.signalling { state in
            guard !state.closed else { return nil }
            state.backlog.take(offers, scan: scan, upTo: place)
            return state.handOut()
        }
        resume(wakeups ?? [])
        return wakeups != nil
    }

    /// Hands documents whose outputs were written to the listeners that read them, under the same tickets.
    package func chain(_ jobs: [Job], to listeners: [ListenerRef]) {
        guard !listeners.isEmpty, !jobs.isEmpty else { return }
        change { $0.chain(jobs, to: listeners) }
    }
}

// MARK: Going out

extension WorkQueue {
    /// The next documents of a listener; waits for some. Nil once the queue is closed.
    package func next(
        listener: ListenerRef, _ limits: RoundLimits, _ admits: @escaping Admission = { _, _ in true }
    ) async -> [Job]? {
        await withCheckedContinuation { continuation in
            let waiter = Waiter(limits: limits, admits: admits, continuation: continuation)
            let wakeups: [(Waiter, [Job]?)] = state.signalling { state in
                if state.closed { return [(waiter, nil)] }
                state.waiters[listener].append(waiter)
                return state.handOut()
            }
            resume(wakeups)
        }
    }

    /// More documents may be worth a round than before.
    package func admitMore() {
        change { _ in }
    }

    /// These documents are handled, whatever came out.
    ///
    /// - Returns: when the change behind each was read from the stream; nil where there was none.
    @discardableResult
    package func finish(_ jobs: [Job], listener: ListenerRef) -> [Moment?] {
        change { $0.finish(jobs, of: listener) }
    }

    /// These documents are to be tried again at `due`; they hold their places meanwhile.
    package func giveBack(_ jobs: [Job], listener: ListenerRef, due: ContinuousClock.Instant) {
        change { $0.giveBack(jobs, of: listener, due: due) }
    }

    /// Brings back what was given back and is due.
    package func releaseDue(_ now: ContinuousClock.Instant) {
        change { $0.releaseDue(now) }
    }

    /// No more comes in or goes out; everybody who waits is told.
    package func close() {
        let waiting = state.signalling { state in
            state.closed = true
            defer { state.waiters = state.waiters.map { _ in [] } }
            return state.waiters.values.flatMap { $0 }
        }
        for waiter in waiting { waiter.continuation.resume(returning: nil) }
    }
}

// MARK: Listeners that are behind, and scans

extension WorkQueue {
    /// Sets a listener behind: drops what waits for it from the stream, and leaves what comes to a scan.
    ///
    /// The caller has noted before that this scan is due, so that no position moves past what is dropped.
    ///
    /// - Returns: what no scan would find. It holds its places until it is given to ``drop(_:)`` or ``restore(_:)``.
    package func shed(_ listener: ListenerRef) -> [Offer] {
        change { $0.shed(listener) }
    }

    /// A scan finds these by now.
    package func drop(_ offers: [Offer]) {
        change { $0.drop(offers) }
    }

    /// No scan finds these still: they wait, and are counted.
    package func restore(_ offers: [Offer]) {
        change { $0.restore(offers) }
    }

    /// Which of these no scan would find, though their listener is left to one; by their places.
    package func invisible(in offers: [Offer]) -> [Int] {
        guard offers.contains(where: \.change.isInvisibleToScans) else { return [] }
        return read { backlog in
            offers.indices.filter {
                offers[$0].change.isInvisibleToScans && backlog.isBehind(offers[$0].listener)
            }
        }
    }

    /// What the stream brings for the listener is left to a scan.
    package func isBehind(_ listener: ListenerRef) -> Bool {
        read { $0.isBehind(listener) }
    }

    /// Begins a pass for some listeners. From here on they get what the stream brings, too.
    package func beginScan(_ scan: Int, for listeners: [ListenerRef]) {
        state.withLock { $0.backlog.beginScan(scan, for: listeners) }
    }

    /// What those who take part in a scan do next, by what waits for each. Their share for scans is a quarter of the
    /// queue for all listeners together, so that the stream always finds room.
    ///
    /// - Returns: nil once the queue is closed.
    package func next(of room: ScanRoom, isOut: (ListenerRef) -> Bool) -> ScanRoom.Decision? {
        // Whether a listener is out is asked outside of the lock: that has locks of its own.
        let pending: (share: Int, bytes: [ListenerRef: Int])? = state.withLock { state in
            guard !state.closed else { return nil }
            let bytes = (room.members + room.readers).reduce(into: [:]) { $0[$1] = state.backlog.bytes($1) }
            return (limit / 4 / state.backlog.listenerCount, bytes)
        }
        guard let pending else { return nil }
        return room.decide(share: pending.share, isOut: isOut) { pending.bytes[$0, default: 0] }
    }

    /// The listener takes no part in a pass any more: its documents do not hold the others up.
    package func leave(scan: Int, _ listener: ListenerRef) {
        change { $0.leave(scan: scan, listener) }
    }

    /// The place up to which a scan's documents are handled, and whether any are not.
    package func progress(ofScan scan: Int) -> (safe: ScanPlace?, isBusy: Bool) {
        read { $0.progress(ofScan: scan) }
    }

    package func endScan(_ scan: Int) {
        state.withLock { $0.backlog.endScan(scan) }
    }
}

// MARK: Progress

extension WorkQueue {
    /// The place of the stream up to which everything is handled.
    package var safePosition: Position? {
        read { $0.safePosition }
    }

    /// The place up to which everything of these listeners is handled, whatever waits for others.
    package func safePosition(of listeners: Set<ListenerRef>) -> Position? {
        read { $0.safePosition(of: listeners) }
    }

    /// When the oldest batch was read that is not handled yet; nil when all are.
    package var oldestOpen: Moment? {
        read { $0.oldestOpen }
    }

    /// For each listener, the documents that wait or are being handled, and those of them that have no output yet.
    package var loads: PerListener<(documents: Int, missing: Int)> {
        read { $0.loads }
    }

    /// Documents that wait or are being handled, and the bytes they take.
    package var load: (documents: Int, bytes: Int) {
        read { $0.load }
    }

    /// More may wait.
    package var hasRoom: Bool {
        state.withLock { $0.backlog.hasRoom(limit: limit, at: .now) }
    }

    /// True when no listener has anything to do.
    package var isIdle: Bool {
        read { $0.isIdle }
    }

    /// True when the listener has nothing to do.
    package func isIdle(_ listener: ListenerRef) -> Bool {
        read { $0.isIdle(listener) }
    }

    /// True while a handler has documents in its hands.
    package var isInHand: Bool {
        read { $0.isInHand }
    }
}
