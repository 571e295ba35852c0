import LockstepCore
import LockstepSinks

/// One pass over a collection.
extension Reconciler {
    /// Pages that are read before others have their turn.
    private static let pages = 32

    /// Reads documents and queues those that are not fresh, as long as there is room.
    package func read(
        _ scan: Int, _ observer: (any ProgressObserver)?, until isEnding: @Sendable () -> Bool
    ) throws {
        guard let pass = state.withLock({ $0.scans.pass(scan) }) else { return }
        let total = observer == nil ? 0 : try connection.estimatedCount(of: pass.collection)
        state.withLock { $0.totals[pass.collection] = total }
        var audit = Audit(
            connection: connection, collection: pass.collection, listeners: pass.members.map { listeners[$0] }
        )
        audit.mayHaveParked = pass.members.map { health[$0].hasParked }
        var (documents, pages, isAtEnd) = (pass.documents, 0, true)
        _ = try audit.run(from: pass.after) { page in
            isAtEnd = false
            guard let members = makeRoom(in: scan, until: isEnding) else { return false }
            let offers = page.unfresh.compactMap { unfresh -> Offer? in
                let index = pass.members[unfresh.listener]
                guard members.contains(index) else { return nil }
                var change = PendingChange()
                change.isMissing = unfresh.verdict == .missing
                change.retry = unfresh.retry
                return Offer(listener: index, key: unfresh.key, change: change)
            }
            documents += page.documents
            let place = ScanPlace(id: page.upTo, documents: documents)
            guard queue.offer(order.keep(offers), scan: scan, upTo: place) else { return false }
            state.withLock {
                $0.scans.read(scan, upTo: place, withoutInput: Array(zip(pass.members, page.withoutInput)))
            }
            statistics.looked(at: page.documents, in: pass.collection)
            observer?.progressed(
                collection: pass.collection, documents: handled(in: pass.collection), total: total)
            pages += 1
            isAtEnd = pages < Self.pages
            return isAtEnd
        }
        state.withLock { $0.scans.stopped(scan, isAtEnd: isAtEnd) }
    }

    /// Waits a little until there is room for a page of each member; who is slow leaves meanwhile.
    ///
    /// - Returns: who takes part; nil when there is nothing to be read for now.
    private func makeRoom(in scan: Int, until isEnding: @Sendable () -> Bool) -> [ListenerRef]? {
        while !isEnding() {
            guard let room = state.withLock({ $0.scans.room(of: scan) }), !room.members.isEmpty else {
                return nil
            }
            switch queue.next(of: room, patience: 0.5, isOut: { health[$0].isOut }) {
            case .read: return room.members
            case .leave(let leaving): leave(scan, leaving)
            case .wait, nil: return nil
            }
        }
        return nil
    }

    /// These listeners, and those that read their outputs, go on in later passes from where they are.
    package func leave(_ scan: Int, _ leaving: [ListenerRef]) {
        guard !leaving.isEmpty else { return }
        let safe = queue.progress(ofScan: scan).safe
        let (gone, behind) = state.withLock { $0.scans.leave(scan, leaving, safe: safe) }
        for index in behind { setBehind(index) }
        for index in gone { queue.leave(scan: scan, index) }
    }

    /// Ends a pass whose documents are all handled.
    package func end(_ scan: Int, _ observer: (any ProgressObserver)?) throws {
        guard let pass = state.withLock({ $0.scans.pass(scan) }) else { return }
        for index in pass.members {
            guard let share = pass.inputs(of: index) else { continue }
            inputs.counted(share, of: listeners[index].definition)
        }
        // mechanism sweep
        try sweep(pass.members.map { listeners[$0] })
        for index in pass.members { try sweepOutputs(of: index) }
        queue.endScan(scan)
        if state.withLock({ $0.scans.end(scan) }) { observer?.finished(collection: pass.collection) }
    }

    /// What is parked and no longer there, has no input any more or is fresh, is parked no longer.
    package func sweep(_ concerned: [Listener]) throws {
        for listener in concerned {
            let traits = try connection.traits(of: listener.collection.name)
            let reader = DocumentReader(connection, listener, traits)
            try failures.forEachPage(listener: listener.id) { keys in
                let found = try reader.read(keys)
                let over = keys.filter { key in
                    guard let evidence = found[key] else { return true }
                    // One that cannot be removed stays parked as long as it stands.
                    guard let input = evidence.input else { return evidence.stored.isBare }
                    return evidence.verdict(
                        fingerprint: Fingerprint(of: input), version: listener.model.version) == .fresh
                }
                try failures.clear(listener: listener.id, documents: over.map(\.id))
            }
        }
    }

    /// Queues documents that are gone and have an output elsewhere still.
    private func sweepOutputs(of index: ListenerRef) throws {
        let sink = sink(of: index)
        guard sink.place == nil else { return }
        let traits = try connection.traits(of: listeners[index].collection.name)
        let reader = DocumentReader(connection, listeners[index], traits)
        try sink.forEachPage { keys in
            let found = try reader.read(keys)
            queue.offer(
                keys.filter { found[$0] == nil }.map {
                    Offer(listener: index, key: $0, change: PendingChange())
                })
        }
    }

    /// Queues the parked documents of a listener that a person wants retried, a page at a time.
    package func request(_ listener: ListenerRef, until isEnding: @Sendable () -> Bool) throws {
        defer { state.withLock { _ = $0.requesting.remove(listener) } }
        let room = ScanRoom([listener], order, without: Set(listeners.refs))
        while !isEnding() {
            let after = state.withLock { $0.requests[listener] ?? nil }
            let page = try failures.requests(
                listener: listeners[listener].id, after: after, limit: ScanPlace.pageSize)
            guard let last = page.last else { return state.withLock { $0.requests[listener] = nil } }
            // mechanism retry-room
            guard queue.next(of: room, patience: 0.5, isOut: { _ in false }) == .read else { return }
            queue.offer(
                page.map { failure in
                    var change = PendingChange()
                    change.retry = true
                    return Offer(
                        listener: listener, key: DocumentKey(failure.document), change: change)
                })
            state.withLock { $0.requests[listener] = .some(last.id) }
        }
    }
}

// MARK: For people

extension Reconciler {
    /// How far a scan of a listener's documents is.
    package enum Look: Sendable {
        case done
        /// It waits for its turn, or for its model.
        case waiting
        /// Since when, how many documents were read, and how many of them had no input.
        case running(since: ContinuousClock.Instant, documents: Int, withoutInput: Int)
    }

    /// For each listener, in their order.
    package var looks: PerListener<Look> {
        state.withLock { state in
            PerListener(
                listeners.refs.map { index in
                    if state.scans.wanted[index] != nil { return .waiting }
                    guard let pass = state.scans.passes.first(where: { $0.members.contains(index) }) else {
                        return .done
                    }
                    return .running(
                        since: pass.began, documents: pass.documents,
                        withoutInput: pass.withoutInput[index] ?? 0)
                })
        }
    }

    /// Says how far the scans are, also while all is read and waits for a model.
    package func report(to observer: any ProgressObserver) {
        let totals = state.withLock { state in
            state.scans.passes.filter { $0.phase != .ending }.reduce(into: [String: Int]()) { totals, pass in
                totals[pass.collection] = state.totals[pass.collection]
            }
        }
        for (collection, total) in totals {
            observer.progressed(collection: collection, documents: handled(in: collection), total: total)
        }
    }

    /// Documents of a collection that were read and wait for no listener any more, by estimate; by the pass that is
    /// least far.
    private func handled(in collection: String) -> Int {
        let loads = queue.loads
        return state.withLock { state in
            state.scans.passes.filter { $0.collection == collection }.map { pass in
                max(0, pass.documents - (pass.members.map { loads[$0].documents }.max() ?? 0))
            }.min() ?? 0
        }
    }
}
