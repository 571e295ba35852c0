import LockstepCore

/// Scans, as far as the queue takes part in them.
extension WorkQueue {
    /// Begins a pass for some listeners. From here on they get what the stream brings, too.
    package func beginScan(_ scan: Int, for listeners: [Int]) {
        state.withLock { state in
            state.scans[scan] = Scan()
            for listener in listeners { state.listeners[listener].isBehind = false }
        }
    }

    /// Takes what one page of a scan brought. False once the queue is closed.
    package func offer(_ offers: [Offer], scan: Int, upTo place: ScanPlace) -> Bool {
        let wakeups = state.signalling { state -> [(Waiter, [Job]?)]? in
            if state.closed { return nil }
            guard let ticket = state.scans[scan]?.tracker.open(place) else { return [] }
            // Who left while the page was read finds its documents in a scan of its own.
            for var offer in offers where !state.hasLeft(offer.listener, scan) {
                offer.change.scanTicket = ScanTicket(scan: scan, ticket: ticket)
                state.enter(offer.listener, offer.key, offer.change)
            }
            state.scans[scan]?.tracker.finished(ticket)
            return state.handOut()
        }
        guard let wakeups else { return false }
        wake(wakeups)
        return true
    }

    /// What those who take part in a scan do next, by what waits for each. Their share for scans is a quarter of the
    /// queue for all listeners together, so that the stream always finds room.
    ///
    /// - Parameter patience: seconds to wait as long as they are to wait.
    /// - Returns: nil once the queue is closed.
    package func next(
        of room: ScanRoom, patience: Double, isOut: (Int) -> Bool
    ) -> ScanRoom.Decision? {
        let decision: ScanRoom.Decision?? = state.wait(atMost: patience) { state in
            if state.closed { return .some(nil) }
            let share = limit / 4 / state.listeners.count
            let decision = room.decide(share: share, isOut: isOut) { state.listeners[$0].bytes }
            return decision == .wait ? nil : decision
        }
        return decision ?? .wait
    }

    /// The listener takes no part in a pass any more: its documents do not hold the others up.
    package func leave(scan: Int, _ listener: Int) {
        state.signalling { state in
            state.scans[scan]?.left.insert(listener)
            for ticket in state.listeners[listener].leave(scan: scan) {
                state.release(nil, ticket, of: listener)
            }
        }
    }

    /// The place up to which a scan's documents are handled, and whether any are not.
    package func progress(ofScan scan: Int) -> (safe: ScanPlace?, isBusy: Bool) {
        state.withLock { ($0.scans[scan]?.tracker.safe, $0.scans[scan]?.tracker.isBusy ?? false) }
    }

    package func endScan(_ scan: Int) {
        state.withLock { _ = $0.scans.removeValue(forKey: scan) }
    }

    /// True when the listener has nothing to do.
    package func isIdle(_ listener: Int) -> Bool {
        state.withLock { $0.listeners[listener].isIdle }
    }
}
