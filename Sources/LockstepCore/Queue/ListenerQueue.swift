import DequeModule

/// The pending documents of one listener: in order, each once, never the same one twice at a time.
package struct ListenerQueue {
    private var waiting: [DocumentKey: PendingChange] = [:]
    private var streamOrder: Deque<DocumentKey> = []
    // Scanned documents wait behind the stream's, so that a backfill does not delay live changes.
    private var scanOrder: Deque<DocumentKey> = []
    private var inFlight: [DocumentKey: InHand] = [:]
    private var delayed: [(due: ContinuousClock.Instant, key: DocumentKey, change: PendingChange)] = []
    /// Bytes held, by estimate: keys, carried values and the tables' own cost.
    package private(set) var bytes = 0
    /// Of the documents that wait or are being handled, those that have no output yet.
    package private(set) var missing = 0
    /// Changes of the stream are left to a later scan; see ``shed()``.
    package var isBehind = false
    /// Bytes that it kept when it was set behind: its model is tried with these.
    private var spared = 0

    package init() {}

    /// A key that a handler works on.
    private struct InHand {
        /// The change that came for it meanwhile.
        var later: PendingChange?
        /// What it holds still: a listener that is behind, or has left its scan, holds no place.
        var tickets: PendingChange.Tickets
        let isInvisibleToScans: Bool
    }

    /// What a key costs beside its bytes: its entry in a table that is 60 % full, its place in the order, and the
    /// array that holds the bytes.
    private static let overhead = 280

    package var isIdle: Bool {
        waiting.isEmpty && inFlight.isEmpty && delayed.isEmpty
    }

    /// Bytes that stop the stream when they are too many, without those that were kept when the listener fell behind.
    package var countedBytes: Int {
        // mechanism behind-counted, off: max(0, bytes - spared) becomes 0
        isBehind ? max(0, bytes - spared) : bytes
    }

    /// A handler works on documents of it.
    package var isInHand: Bool {
        !inFlight.isEmpty
    }

    /// Documents that a handler may take now.
    package var ready: Int {
        waiting.count
    }

    /// Documents that wait or are being handled.
    package var count: Int {
        waiting.count + inFlight.count + delayed.count
    }

    /// Adds a change and holds its tickets.
    ///
    /// - Returns: those that are held no more, since earlier ones cover them.
    package mutating func offer(_ key: DocumentKey, _ change: PendingChange) -> PendingChange.Tickets {
        if var known = waiting[key] {
            let (size, wasMissing) = (known.size, known.isMissing)
            let fromScan = known.streamTicket == nil
            let surplus = known.merge(change)
            recount(known, size, wasMissing)
            waiting[key] = known
            // A live change overtakes the scan; the key's place in the scan's order becomes void.
            if fromScan && known.streamTicket != nil { streamOrder.append(key) }
            return surplus
        }
        // mechanism one-job
        if let entry = inFlight[key] {
            var merged = entry.later ?? PendingChange()
            let before = merged.size
            let surplus = merged.merge(change)
            // The handler may have read the document after this change: its values may then be old.
            // mechanism carried-in-flight
            merged.carried = nil
            bytes += merged.size - before
            inFlight[key]?.later = merged
            return surplus
        }
        enter(key, change)
        waiting[key] = change
        if change.streamTicket == nil && change.scanTicket != nil {
            scanOrder.append(key)
        } else {
            streamOrder.append(key)
        }
        return PendingChange.Tickets()
    }

    /// Hands out the next documents; they are in flight until ``finish(_:)``.
    package mutating func take(_ limits: RoundLimits) -> [Job] {
        var jobs = [Job]()
        jobs.reserveCapacity(min(max(limits.live, limits.scan), waiting.count))
        while jobs.count < limits.live, let key = streamOrder.popFirst() { hand(key, to: &jobs) }
        // A live change is not to wait for more scanned documents than for live ones.
        let limit = jobs.isEmpty ? limits.scan : limits.live
        while jobs.count < limit, let key = scanOrder.popFirst() { hand(key, to: &jobs) }
        return jobs
    }

    private mutating func hand(_ key: DocumentKey, to jobs: inout [Job]) {
        guard let change = waiting.removeValue(forKey: key) else { return }
        inFlight[key] = InHand(tickets: change.tickets, isInvisibleToScans: change.isInvisibleToScans)
        jobs.append(Job(key: key, change: change, size: Self.overhead + key.size + change.size))
    }

    /// The handler is done with a key; a change that came meanwhile becomes pending.
    ///
    /// - Returns: the tickets that are held no more.
    @discardableResult
    package mutating func finish(_ job: Job) -> PendingChange.Tickets {
        guard let entry = inFlight.removeValue(forKey: job.key) else { return PendingChange.Tickets() }
        leave(job.size, job.change.isMissing)
        if let later = entry.later {
            bytes -= later.size
            requeue(job.key, later)
        }
        return entry.tickets
    }

    /// The handler gives a key back, to be tried again at `due`, or now when something newer came.
    ///
    /// - Returns: the tickets that are held no more.
    package mutating func giveBack(_ job: Job, due: ContinuousClock.Instant) -> PendingChange.Tickets {
        guard let entry = inFlight.removeValue(forKey: job.key) else { return PendingChange.Tickets() }
        leave(job.size, job.change.isMissing)
        var change = job.change
        (change.streamTicket, change.scanTicket) = (entry.tickets.stream, entry.tickets.scan)
        var released = PendingChange.Tickets()
        if isBehind, !change.isInvisibleToScans {
            released.stream = change.streamTicket
            change.streamTicket = nil
        }
        guard let later = entry.later else {
            enter(job.key, change)
            delayed.append((due, job.key, change))
            return released
        }
        bytes -= later.size
        change.isForNewInput()
        let surplus = change.merge(later)
        requeue(job.key, change)
        return PendingChange.Tickets(stream: surplus.stream ?? released.stream, scan: surplus.scan)
    }

    /// Adds the delayed documents that are due.
    ///
    /// - Returns: the tickets that are held no more.
    package mutating func releaseDue(_ now: ContinuousClock.Instant) -> [PendingChange.Tickets] {
        guard delayed.contains(where: { $0.due <= now }) else { return [] }
        let due = delayed.filter { $0.due <= now }
        delayed.removeAll { $0.due <= now }
        return due.map { _, key, change in
            var change = change
            leave(Self.overhead + key.size + change.size, change.isMissing)
            if waiting[key] != nil || inFlight[key] != nil { change.isForNewInput() }
            return offer(key, change)
        }
    }

    /// The changes that a listener drops when it falls behind.
    package struct Shed {
        /// The stream's tickets that are held here no more.
        package var released: [Ticket] = []
        /// What no scan would find; their tickets are held by whoever asked.
        package var invisible: [(key: DocumentKey, change: PendingChange)] = []
    }

    /// Forgets what a scan will find again, so that the stream can go on without this listener. What is to be tried
    /// again stays, without its place: it tells when the model is back.
    package mutating func shed() -> Shed {
        isBehind = true
        var shed = Shed()
        updatePending { key, change in
            if change.isInvisibleToScans {
                var alone = PendingChange()
                (alone.force, alone.streamTicket) = (true, change.streamTicket)
                shed.invisible.append((key, alone))
                change.force = false
            } else if let ticket = change.streamTicket {
                shed.released.append(ticket)
            }
            change.streamTicket = nil
            change.carried = nil
            return change.scanTicket != nil
        }
        for (key, entry) in inFlight where !entry.isInvisibleToScans {
            if let ticket = entry.tickets.stream { shed.released.append(ticket) }
            inFlight[key]?.tickets.stream = nil
        }
        spared = bytes
        return shed
    }

    /// Takes no part in a scan any more.
    ///
    /// - Returns: the scan's tickets that are held here no more.
    package mutating func leave(scan: Int) -> [ScanTicket] {
        var released: [ScanTicket] = []
        updatePending { _, change in
            guard let ticket = change.scanTicket, ticket.scan == scan else { return true }
            released.append(ticket)
            change.scanTicket = nil
            return true
        }
        for (key, entry) in inFlight {
            guard let ticket = entry.tickets.scan, ticket.scan == scan else { continue }
            released.append(ticket)
            inFlight[key]?.tickets.scan = nil
        }
        return released
    }

    /// Lends every change that is in nobody's hands; those for which `body` is false are forgotten, but for those
    /// that wait for another try.
    private mutating func updatePending(_ body: (DocumentKey, inout PendingChange) -> Bool) {
        waiting = waiting.reduce(into: [:]) { kept, entry in
            var change = entry.value
            let (size, wasMissing) = (change.size, change.isMissing)
            if body(entry.key, &change) {
                kept[entry.key] = change
                recount(change, size, wasMissing)
            } else {
                leave(Self.overhead + entry.key.size + size, wasMissing)
            }
        }
        streamOrder = Deque(streamOrder.filter { waiting[$0] != nil })
        scanOrder = Deque(scanOrder.filter { waiting[$0] != nil })
        for index in delayed.indices {
            let before = delayed[index].change.size
            _ = body(delayed[index].key, &delayed[index].change)
            bytes += delayed[index].change.size - before
        }
        for (key, entry) in inFlight {
            guard var change = entry.later else { continue }
            let before = change.size
            let isKept = body(key, &change)
            inFlight[key]?.later = isKept ? change : nil
            bytes += (isKept ? change.size : 0) - before
        }
    }

    private mutating func requeue(_ key: DocumentKey, _ change: PendingChange) {
        enter(key, change)
        waiting[key] = change
        streamOrder.append(key)
    }
}

// MARK: What is counted

extension ListenerQueue {
    private mutating func enter(_ key: DocumentKey, _ change: PendingChange) {
        bytes += Self.overhead + key.size + change.size
        if change.isMissing { missing += 1 }
    }

    private mutating func recount(_ change: PendingChange, _ size: Int, _ wasMissing: Bool) {
        bytes += change.size - size
        missing += (change.isMissing ? 1 : 0) - (wasMissing ? 1 : 0)
    }

    private mutating func leave(_ size: Int, _ wasMissing: Bool) {
        bytes -= size
        if wasMissing { missing -= 1 }
    }
}

/// One document that a handler works on for one listener.
package struct Job: Sendable {
    package let key: DocumentKey
    package var change: PendingChange
    /// Bytes that the queue counts for it.
    package let size: Int

    package init(key: DocumentKey, change: PendingChange, size: Int) {
        self.key = key
        self.change = change
        self.size = size
    }
}
