import DequeModule

/// The documents that one listener has to look at: in order, each once, never the same one twice at a time.
struct ListenerQueue {
    private var waiting: [DocumentKey: PendingChange] = [:]
    private var streamOrder: Deque<DocumentKey> = []
    // Scanned documents wait behind the stream's, so that a backfill does not delay live changes.
    private var scanOrder: Deque<DocumentKey> = []
    // Keys in a handler's hands, with what came for them meanwhile.
    private var inFlight: [DocumentKey: PendingChange?] = [:]
    private var delayed: [(due: ContinuousClock.Instant, key: DocumentKey, change: PendingChange)] = []
    /// Bytes held, by estimate: keys, carried values and the tables' own cost.
    private(set) var bytes = 0
    /// Of the documents that wait or are being handled, those that have no output yet.
    private(set) var missing = 0
    /// What the stream brings is left to a later look through the documents; see ``shed()``.
    var isBehind = false

    /// What a key costs beside its bytes: its entry in a table that is 60 % full, its place in the order, and the
    /// array that holds the bytes.
    private static let overhead = 280

    var isIdle: Bool {
        waiting.isEmpty && inFlight.isEmpty && delayed.isEmpty
    }

    /// A handler has documents of it in its hands.
    var isInHand: Bool {
        !inFlight.isEmpty
    }

    var hasWork: Bool {
        !waiting.isEmpty
    }

    /// Documents that wait or are being handled.
    var count: Int {
        waiting.count + inFlight.count + delayed.count
    }

    /// Takes a change in.
    ///
    /// - Returns: whether the change's tickets are now held here; if not, an earlier change's cover them.
    mutating func offer(_ key: DocumentKey, _ change: PendingChange) -> (stream: Bool, scan: Bool) {
        if var known = waiting[key] {
            let (size, wasMissing) = (known.size, known.isMissing)
            let fromScan = known.streamTicket == nil
            let taken = known.merge(change)
            recount(known, size, wasMissing)
            waiting[key] = known
            // A live change overtakes the scan; the key's place in the scan's order becomes void.
            if fromScan && known.streamTicket != nil { streamOrder.append(key) }
            return taken
        }
        if let later = inFlight[key] {
            var merged = later ?? PendingChange()
            let before = merged.size
            let taken = merged.merge(change)
            // The handler may have read the document after this change: its values are then no news.
            merged.carried = nil
            bytes += merged.size - before
            inFlight[key] = .some(merged)
            return taken
        }
        enter(key, change)
        waiting[key] = change
        if change.streamTicket == nil && change.scanTicket != nil {
            scanOrder.append(key)
        } else {
            streamOrder.append(key)
        }
        return (change.streamTicket != nil, change.scanTicket != nil)
    }

    /// Hands out the next documents, at most `limit`; they are in flight until ``finish(_:)``.
    mutating func take(limit: Int) -> [Job] {
        var jobs = [Job]()
        jobs.reserveCapacity(min(limit, waiting.count))
        while jobs.count < limit, let key = streamOrder.popFirst() ?? scanOrder.popFirst() {
            guard let change = waiting.removeValue(forKey: key) else { continue }
            inFlight[key] = .some(nil)
            jobs.append(Job(key: key, change: change, size: Self.overhead + key.size + change.size))
        }
        return jobs
    }

    /// The handler is done with a key; what came meanwhile gets its turn.
    mutating func finish(_ job: Job) {
        guard let entry = inFlight.removeValue(forKey: job.key) else { return }
        leave(job.size, job.change.isMissing)
        if let later = entry {
            bytes -= later.size
            requeue(job.key, later)
        }
    }

    /// The handler gives a key back, to be tried again at `due`, or now when something newer came.
    mutating func giveBack(
        _ job: Job, due: ContinuousClock.Instant
    ) -> (streamCovered: Ticket?, scanCovered: ScanTicket?) {
        guard let entry = inFlight.removeValue(forKey: job.key) else { return (nil, nil) }
        leave(job.size, job.change.isMissing)
        var change = job.change
        guard let later = entry else {
            enter(job.key, change)
            delayed.append((due, job.key, change))
            return (nil, nil)
        }
        bytes -= later.size
        // A newer change means a new input, for which the count of attempts begins anew.
        change.attempts = 0
        change.superseded = nil
        let taken = change.merge(later)
        requeue(job.key, change)
        return (taken.stream ? nil : later.streamTicket, taken.scan ? nil : later.scanTicket)
    }

    /// Brings back what was given back and is due.
    mutating func releaseDue(
        _ now: ContinuousClock.Instant,
        covered: (_ change: PendingChange, _ stream: Bool, _ scan: Bool) -> Void
    ) {
        guard delayed.contains(where: { $0.due <= now }) else { return }
        let due = delayed.filter { $0.due <= now }
        delayed.removeAll { $0.due <= now }
        for (_, key, change) in due {
            leave(Self.overhead + key.size + change.size, change.isMissing)
            let taken = offer(key, change)
            covered(change, taken.stream, taken.scan)
        }
    }

    /// Forgets what a look through the documents will find again, so that the stream can go on without this listener.
    ///
    /// What no look would find stays, and so does what is to be tried again: it tells when the model is back.
    ///
    /// - Returns: the stream's tickets that are held here no more.
    mutating func shed() -> [Ticket] {
        isBehind = true
        var released: [Ticket] = []
        updatePending { change in
            guard !change.isInvisibleToScans else { return true }
            if let ticket = change.streamTicket { released.append(ticket) }
            change.streamTicket = nil
            change.carried = nil
            return change.scanTicket != nil
        }
        return released
    }

    /// Takes no part in a scan any more.
    ///
    /// - Returns: the scan's tickets that are held here no more.
    mutating func leave(scan: Int) -> [ScanTicket] {
        var released: [ScanTicket] = []
        updatePending { change in
            guard let ticket = change.scanTicket, ticket.scan == scan else { return true }
            released.append(ticket)
            change.scanTicket = nil
            return true
        }
        return released
    }

    /// Lends every change that is in nobody's hands; those for which `body` is false are forgotten, but for those
    /// that wait for another try.
    private mutating func updatePending(_ body: (inout PendingChange) -> Bool) {
        waiting = waiting.reduce(into: [:]) { kept, entry in
            var change = entry.value
            let (size, wasMissing) = (change.size, change.isMissing)
            if body(&change) {
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
            _ = body(&delayed[index].change)
            bytes += delayed[index].change.size - before
        }
        for (key, later) in inFlight {
            guard var change = later else { continue }
            let before = change.size
            let isKept = body(&change)
            inFlight[key] = .some(isKept ? change : nil)
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

/// One document for one listener, in a handler's hands.
struct Job: Sendable {
    let key: DocumentKey
    var change: PendingChange
    /// Bytes that the queue counts for it.
    let size: Int
}
