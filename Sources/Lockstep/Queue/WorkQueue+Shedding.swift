/// What keeps one listener from holding up the others: its changes are forgotten and found again by a scan.
extension WorkQueue {
    /// Sets a listener behind: what waits for it from the stream is forgotten, and what comes is left to a scan.
    ///
    /// The caller has noted before that this scan is due, so that no position moves past what is forgotten.
    func shed(_ listener: Int) {
        state.signalling { state in
            for ticket in state.listeners[listener].shed() { state.release(ticket, nil, of: listener) }
        }
    }

    /// The listener that the stream need not wait for, if there is one.
    func blocker(_ isOut: (Int) -> Bool) -> Int? {
        let (loads, fullFor) = state.withLock { state in
            (
                state.listeners.map { Shedding.Load(bytes: $0.bytes, isBehind: $0.isBehind) },
                state.fullSince.map { ContinuousClock.now - $0 } ?? .zero
            )
        }
        return Shedding.victim(loads, limit: limit, fullFor: fullFor, isOut: isOut)
    }
}

/// Decides whose changes are forgotten when the queue is full.
enum Shedding {
    struct Load {
        let bytes: Int
        let isBehind: Bool
    }

    /// How long a slow model may keep the others waiting.
    static let patience = Duration.seconds(10)

    /// A listener whose model is out and that holds an eighth of the queue; else, once the queue has been full for
    /// ten seconds, one that holds more than half of it while others share it.
    static func victim(
        _ loads: [Load], limit: Int, fullFor: Duration, isOut: (Int) -> Bool
    ) -> Int? {
        let candidates = loads.indices.filter { !loads[$0].isBehind }.sorted {
            loads[$0].bytes > loads[$1].bytes
        }
        if let out = candidates.first(where: isOut), loads[out].bytes >= limit / 8 { return out }
        guard loads.count > 1, fullFor >= patience, let largest = candidates.first,
            loads[largest].bytes > limit / 2
        else { return nil }
        return largest
    }
}

extension WorkQueue.State {
    /// Notes since when the queue has been full; it counts as full until half of it is free. What is left of a
    /// listener that was set behind is what its model is tried with, and stops nobody.
    mutating func hasRoom(limit: Int) -> Bool {
        let bytes = listeners.reduce(0) { $0 + ($1.isBehind ? 0 : $1.bytes) }
        if bytes >= limit {
            if fullSince == nil { fullSince = .now }
            return false
        }
        if bytes < limit / 2 { fullSince = nil }
        return true
    }

    /// A job of a listener that was set behind, or has left its scan, holds nobody up when it comes back.
    mutating func dropTickets(of job: inout Job, _ listener: Int) {
        if let ticket = job.change.scanTicket, scans[ticket.scan]?.left.contains(listener) == true {
            release(nil, ticket, of: listener)
            job.change.scanTicket = nil
        }
        if listeners[listener].isBehind, !job.change.isInvisibleToScans, let ticket = job.change.streamTicket
        {
            release(ticket, nil, of: listener)
            job.change.streamTicket = nil
        }
    }
}
