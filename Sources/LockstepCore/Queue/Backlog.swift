/// The documents that wait for the listeners of a session, and the places that wait for them: a queue a listener, one
/// tracker for the stream, one for each scan. A value without a lock.
package struct Backlog {
    private var queues: PerListener<ListenerQueue>
    private var stream = CheckpointTracker<StreamPlace>()
    /// For each listener, the places of the stream that its work holds open.
    private var held: PerListener<HeldTickets>
    private var scans: [Int: Scan] = [:]
    /// Since when it has been full: bytes reached the limit, and more than half of it has been taken since.
    private var fullSince: ContinuousClock.Instant?

    /// One pass over a collection.
    private struct Scan {
        /// The listeners that took part and do not any more.
        var left: Set<ListenerRef> = []
        var tracker = CheckpointTracker<ScanPlace>()
    }

    package init(listeners count: Int) {
        queues = PerListener(Array(repeating: ListenerQueue(), count: count))
        held = PerListener(Array(repeating: HeldTickets(), count: count))
    }
}

// MARK: Adding

extension Backlog {
    /// Takes what one batch of the stream brought; its end becomes safe once all of it is done.
    ///
    /// - Parameter isOutstanding: a write of ours for the document is not back yet. The router has asked, and it is asked
    ///   once more: a handler may have written while the batch waited for room.
    package mutating func take(
        _ offers: [Offer], upTo place: StreamPlace, isOutstanding: (ListenerRef, DocumentKey) -> Bool
    ) {
        let ticket = stream.open(place)
        for var offer in offers {
            if queues[offer.listener].isBehind, !offer.change.isInvisibleToScans { continue }
            // mechanism outstanding
            if offer.change.carried != nil, isOutstanding(offer.listener, offer.key) {
                offer.change.carried = nil
            }
            offer.change.streamTicket = ticket
            enter(offer.listener, offer.key, offer.change)
        }
        stream.finished(ticket)
    }

    /// Takes documents that belong to no place in the stream.
    package mutating func take(_ offers: [Offer]) {
        for offer in offers { enter(offer.listener, offer.key, offer.change) }
    }

    /// Takes what one page of a scan brought.
    package mutating func take(_ offers: [Offer], scan: Int, upTo place: ScanPlace) {
        guard let ticket = scans[scan]?.tracker.open(place) else { return }
        // A listener that left while the page was read gets a scan of its own.
        for var offer in offers where !hasLeft(offer.listener, scan) {
            offer.change.scanTicket = ScanTicket(scan: scan, ticket: ticket)
            enter(offer.listener, offer.key, offer.change)
        }
        scans[scan]?.tracker.finished(ticket)
    }

    /// Adds documents whose outputs were written for the listeners that read them, under the same tickets.
    package mutating func chain(_ jobs: [Job], to listeners: [ListenerRef]) {
        for listener in listeners {
            let isBehind = queues[listener].isBehind
            for job in jobs {
                var change = PendingChange()
                if let ticket = job.change.scanTicket, !hasLeft(listener, ticket.scan) {
                    change.scanTicket = ticket
                }
                if !isBehind { change.streamTicket = job.change.streamTicket }
                // A listener that has left the scan, or is behind, gets a scan of its own.
                if isBehind || job.change.scanTicket != nil, change.scanTicket == nil,
                    change.streamTicket == nil
                {
                    continue
                }
                enter(listener, job.key, change)
            }
        }
    }

    /// Adds a change, which holds the places of its tickets.
    private mutating func enter(_ listener: ListenerRef, _ key: DocumentKey, _ change: PendingChange) {
        if let ticket = change.streamTicket {
            // mechanism tickets
            stream.add(ticket)
            // mechanism held
            held[listener].add(ticket)
        }
        if let ticket = change.scanTicket { scans[ticket.scan]?.tracker.add(ticket.ticket) }
        release(queues[listener].offer(key, change), of: listener)
    }
}

// MARK: Handling

extension Backlog {
    /// Documents of a listener that a handler may take now.
    package func ready(_ listener: ListenerRef) -> Int {
        queues[listener].ready
    }

    /// The next documents of a listener; they are in flight until they are finished or given back.
    package mutating func next(_ listener: ListenerRef, _ limits: RoundLimits) -> [Job] {
        queues[listener].take(limits)
    }

    /// These documents are handled, whatever the outcome.
    ///
    /// - Returns: when the change behind each was read from the stream; nil where there was none.
    package mutating func finish(_ jobs: [Job], of listener: ListenerRef) -> [Moment?] {
        var readAt: [Moment?] = []
        readAt.reserveCapacity(jobs.count)
        // Neighbours mostly come from one batch of the stream.
        var known: (ticket: Ticket, readAt: Moment?)?
        for job in jobs {
            if let ticket = job.change.streamTicket {
                if known?.ticket != ticket { known = (ticket, stream.place(of: ticket)?.readAt) }
                readAt.append(known?.readAt)
            } else {
                readAt.append(nil)
            }
            release(queues[listener].finish(job), of: listener)
        }
        return readAt
    }

    /// These documents are to be tried again at `due`; they hold their places meanwhile.
    package mutating func giveBack(_ jobs: [Job], of listener: ListenerRef, due: ContinuousClock.Instant) {
        for job in jobs { release(queues[listener].giveBack(job, due: due), of: listener) }
    }

    /// Adds the delayed documents that are due.
    package mutating func releaseDue(_ now: ContinuousClock.Instant) {
        for listener in queues.refs {
            for surplus in queues[listener].releaseDue(now) { release(surplus, of: listener) }
        }
    }

    /// Work of the listener is done, or was dropped, or earlier work covers its places.
    private mutating func release(_ tickets: PendingChange.Tickets, of listener: ListenerRef) {
        release(tickets.stream, tickets.scan, of: listener)
    }

    private mutating func release(_ stream: Ticket?, _ scan: ScanTicket?, of listener: ListenerRef) {
        if let stream {
            self.stream.finished(stream)
            held[listener].remove(stream)
        }
        if let scan { scans[scan.scan]?.tracker.finished(scan.ticket) }
    }
}

// MARK: Listeners that are behind

extension Backlog {
    /// Marks a listener as behind: drops its pending changes of the stream, and leaves later ones to a scan.
    ///
    /// - Returns: the changes that no scan would find. They hold their places until ``drop(_:)`` or ``restore(_:)``.
    package mutating func shed(_ listener: ListenerRef) -> [Offer] {
        let shed = queues[listener].shed()
        for ticket in shed.released { release(ticket, nil, of: listener) }
        return shed.invisible.map { Offer(listener: listener, key: $0.key, change: $0.change) }
    }

    /// A scan finds these by now.
    package mutating func drop(_ offers: [Offer]) {
        for offer in offers { release(offer.change.streamTicket, nil, of: offer.listener) }
    }

    /// No scan finds these yet: they are pending again and counted.
    package mutating func restore(_ offers: [Offer]) {
        for offer in offers {
            release(queues[offer.listener].offer(offer.key, offer.change), of: offer.listener)
        }
    }

    /// True when changes of the stream are left to a scan for this listener.
    package func isBehind(_ listener: ListenerRef) -> Bool {
        queues[listener].isBehind
    }

    /// What tells which listener the stream need not wait for.
    package func pressure(at now: ContinuousClock.Instant) -> Shedding.Pressure {
        Shedding.Pressure(
            loads: queues.map { Shedding.Load(bytes: $0.bytes, isBehind: $0.isBehind) },
            fullFor: fullSince.map { now - $0 } ?? .zero)
    }

    /// Notes since when it has been full; it counts as full until half of it is free.
    package mutating func hasRoom(limit: Int, at now: ContinuousClock.Instant) -> Bool {
        let bytes = queues.reduce(0) { $0 + $1.countedBytes }
        // mechanism bound
        if bytes >= limit {
            if fullSince == nil { fullSince = now }
            return false
        }
        if bytes < limit / 2 { fullSince = nil }
        return true
    }
}

// MARK: Scans

extension Backlog {
    /// Begins a pass for some listeners. From here on they get what the stream brings, too.
    package mutating func beginScan(_ scan: Int, for listeners: [ListenerRef]) {
        scans[scan] = Scan()
        for listener in listeners { queues[listener].isBehind = false }
    }

    /// The listener takes no part in a pass any more: its documents do not hold the others up.
    package mutating func leave(scan: Int, _ listener: ListenerRef) {
        scans[scan]?.left.insert(listener)
        for ticket in queues[listener].leave(scan: scan) { release(nil, ticket, of: listener) }
    }

    private func hasLeft(_ listener: ListenerRef, _ scan: Int) -> Bool {
        scans[scan]?.left.contains(listener) ?? false
    }

    /// The place up to which a scan's documents are handled, and whether any are not.
    package func progress(ofScan scan: Int) -> (safe: ScanPlace?, isBusy: Bool) {
        (scans[scan]?.tracker.safe, scans[scan]?.tracker.isBusy ?? false)
    }

    package mutating func endScan(_ scan: Int) {
        scans.removeValue(forKey: scan)
    }
}

// MARK: Progress

extension Backlog {
    /// The place of the stream up to which everything is handled.
    package var safePosition: Position? {
        stream.safe?.position
    }

    /// The place up to which all changes of these listeners are handled, whatever is pending for others.
    package func safePosition(of listeners: Set<ListenerRef>) -> Position? {
        guard let oldest = listeners.compactMap({ held[$0].oldest }).min() else {
            return stream.newest?.position
        }
        return stream.place(before: oldest)?.position
    }

    /// When the oldest batch was read that is not handled yet; nil when all are.
    package var oldestOpen: Moment? {
        stream.firstOpen?.readAt
    }

    /// For each listener, the documents that wait or are being handled, and those of them that have no output yet.
    package var loads: PerListener<(documents: Int, missing: Int)> {
        queues.map { ($0.count, $0.missing) }
    }

    /// Documents that wait or are being handled, and the bytes they take.
    package var load: (documents: Int, bytes: Int) {
        (queues.reduce(0) { $0 + $1.count }, queues.reduce(0) { $0 + $1.bytes })
    }

    package func bytes(_ listener: ListenerRef) -> Int {
        queues[listener].bytes
    }

    package var listenerCount: Int {
        queues.count
    }

    package var isIdle: Bool {
        queues.allSatisfy(\.isIdle)
    }

    package func isIdle(_ listener: ListenerRef) -> Bool {
        queues[listener].isIdle
    }

    /// A handler works on documents.
    package var isInHand: Bool {
        queues.contains(where: \.isInHand)
    }
}
