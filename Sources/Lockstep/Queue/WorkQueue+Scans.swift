/// Looks through the documents, as far as the queue takes part in them.
extension WorkQueue {
    /// Begins a pass for some listeners. From here on they get what the stream brings, too.
    func beginScan(_ scan: Int, for listeners: [Int]) {
        state.withLock { state in
            state.scans[scan] = Scan()
            for listener in listeners { state.listeners[listener].isBehind = false }
        }
    }

    /// Takes what one page of a scan brought. False once the queue is closed.
    func offer(_ offers: [Offer], scan: Int, upTo id: BSONValue) -> Bool {
        let wakeups = state.signalling { state -> [(Waiter, [Job]?)]? in
            if state.closed { return nil }
            guard let ticket = state.scans[scan]?.tracker.open(id) else { return [] }
            for var offer in offers {
                offer.change.scanTicket = ScanTicket(scan: scan, ticket: ticket)
                if state.listeners[offer.listener].offer(offer.key, offer.change).scan {
                    state.scans[scan]?.tracker.add(ticket)
                }
            }
            state.scans[scan]?.tracker.finished(ticket)
            return state.handOut()
        }
        guard let wakeups else { return false }
        wake(wakeups)
        return true
    }

    /// Waits, for half a second at most, until none of these listeners has more waiting than its share for scans:
    /// together a quarter of the queue, so that the stream always finds room.
    ///
    /// - Returns: those that still have; nil once the queue is closed.
    func waitForRoom(_ listeners: [Int]) -> [Int]? {
        let full = { [share = limit / 4 / state.withLock { $0.listeners.count }] (state: State) in
            listeners.filter { state.listeners[$0].bytes >= share }
        }
        let room: [Int]?? = state.wait(atMost: 0.5) { state in
            if state.closed { return .some(nil) }
            return full(state).isEmpty ? [] : nil
        }
        switch room {
        case .some(let known): return known
        case nil: return state.withLock { full($0) }
        }
    }

    /// The listener takes no part in a pass any more: its documents do not hold the others up.
    func leave(scan: Int, _ listener: Int) {
        state.signalling { state in
            state.scans[scan]?.left.insert(listener)
            for ticket in state.listeners[listener].leave(scan: scan) {
                state.release(nil, ticket, of: listener)
            }
        }
    }

    /// The `_id` up to which a scan's documents are handled, and whether any are not.
    func progress(ofScan scan: Int) -> (safe: BSONValue?, isBusy: Bool) {
        state.withLock { ($0.scans[scan]?.tracker.safe, $0.scans[scan]?.tracker.isBusy ?? false) }
    }

    func endScan(_ scan: Int) {
        state.withLock { _ = $0.scans.removeValue(forKey: scan) }
    }

    /// True when the listener has nothing to do.
    func isIdle(_ listener: Int) -> Bool {
        state.withLock { $0.listeners[listener].isIdle }
    }
}
