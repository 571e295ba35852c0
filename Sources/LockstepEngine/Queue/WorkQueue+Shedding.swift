import LockstepCore

/// What keeps one listener from holding up the others: its changes are forgotten and found again by a scan.
extension WorkQueue {
    /// Sets a listener behind: what waits for it from the stream is forgotten, and what comes is left to a scan.
    ///
    /// The caller has noted before that this scan is due, so that no position moves past what is forgotten.
    ///
    /// - Returns: what no scan would find. It holds its places until it is given to ``forget(_:)`` or ``restore(_:)``.
    package func shed(_ listener: Int) -> [Offer] {
        state.signalling { state in
            let shed = state.listeners[listener].shed()
            for ticket in shed.released { state.release(ticket, nil, of: listener) }
            return shed.invisible.map { Offer(listener: listener, key: $0.key, change: $0.change) }
        }
    }

    /// A scan finds these by now.
    package func forget(_ offers: [Offer]) {
        state.signalling { state in
            for offer in offers { state.release(offer.change.streamTicket, nil, of: offer.listener) }
        }
    }

    /// No scan finds these still: they wait, and are counted.
    package func restore(_ offers: [Offer]) {
        let wakeups = state.signalling { state in
            for offer in offers {
                state.release(
                    state.listeners[offer.listener].offer(offer.key, offer.change), of: offer.listener)
            }
            return state.handOut()
        }
        wake(wakeups)
    }

    /// Which of these no scan would find, though their listener is left to one; by their places.
    package func invisible(in offers: [Offer]) -> [Int] {
        guard offers.contains(where: \.change.isInvisibleToScans) else { return [] }
        return state.withLock { state in
            offers.indices.filter {
                offers[$0].change.isInvisibleToScans && state.listeners[offers[$0].listener].isBehind
            }
        }
    }

    /// What the stream brings for the listener is left to a scan.
    package func isBehind(_ listener: Int) -> Bool {
        state.withLock { $0.listeners[listener].isBehind }
    }

    /// The listener that the stream need not wait for, if there is one.
    package func blocker(_ isOut: (Int) -> Bool) -> Int? {
        let (loads, fullFor) = state.withLock { state in
            (
                state.listeners.map { Shedding.Load(bytes: $0.bytes, isBehind: $0.isBehind) },
                state.fullSince.map { ContinuousClock.now - $0 } ?? .zero
            )
        }
        return Shedding.victim(loads, limit: limit, fullFor: fullFor, isOut: isOut)
    }
}

extension WorkQueue.State {
    /// Notes since when the queue has been full; it counts as full until half of it is free.
    package mutating func hasRoom(limit: Int) -> Bool {
        let bytes = listeners.reduce(0) { $0 + $1.countedBytes }
        // mechanism bound
        if bytes >= limit {
            if fullSince == nil { fullSince = .now }
            return false
        }
        if bytes < limit / 2 { fullSince = nil }
        return true
    }

    /// The listener took part in a scan and does not any more.
    package func hasLeft(_ listener: Int, _ scan: Int) -> Bool {
        scans[scan]?.left.contains(listener) ?? false
    }
}
