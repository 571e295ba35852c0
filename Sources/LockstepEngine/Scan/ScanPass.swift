import LockstepCore
import MongoDriver
import LockstepSinks
import LockstepState

/// One pass over a collection, or a part of it: reads documents and queues those that are not fresh.
struct ScanPass {
    let reconciler: Reconciler
    let scan: Int
    let observer: (any ProgressObserver)?
    let isEnding: @Sendable () -> Bool
    private var queue: WorkQueue { reconciler.queue }
    private var listeners: PerListener<Listener> { reconciler.listeners }
    private var health: PerListener<ListenerHealth> { reconciler.health }
    private var order: ListenerOrder { reconciler.order }
    private var connection: Connection { reconciler.connection }
    private var statistics: Statistics { reconciler.statistics }
    private var inputs: InputCounts { reconciler.inputs }

    /// Pages that a pass reads before another one continues.
    private static let pages = 32

    /// Reads documents and queues those that are not fresh, as long as there is room.
    func read() throws {
        guard let pass = reconciler.state.withLock({ $0.scans.pass(scan) }) else { return }
        let total = observer == nil ? 0 : try connection.estimatedCount(of: pass.collection)
        reconciler.state.withLock { $0.totals[pass.collection] = total }
        let audit = Audit(reconciler, collection: pass.collection, members: pass.members)
        var (documents, pages, isAtEnd) = (pass.documents, 0, true)
        if pass.place == nil { inputs.begin(pass.members.map { listeners[$0].definition }) }
        try audit.run(from: pass.after) { page in
            isAtEnd = false
            guard let members = makeRoom() else { return false }
            let offers = try deliverable(page.findings).compactMap { finding -> Offer? in
                guard members.contains(finding.listener) else { return nil }
                var change = PendingChange()
                change.isMissing = finding.verdict == .missing
                change.retry = finding.retry
                return Offer(listener: finding.listener, key: finding.key, change: change)
            }
            documents += page.documents
            let place = ScanPlace(id: page.upTo, documents: documents)
            guard queue.offer(order.keep(offers), scan: scan, upTo: place) else { return false }
            reconciler.state.withLock {
                $0.scans.read(
                    scan, upTo: place, withoutInput: page.withoutInput, truncated: page.truncated)
            }
            statistics.addScanned(page.documents, in: pass.collection)
            observer?.progressed(
                collection: pass.collection, documents: reconciler.handled(in: pass.collection), total: total)
            pages += 1
            isAtEnd = pages < Self.pages
            return isAtEnd
        }
        reconciler.state.withLock { $0.scans.stopped(scan, isAtEnd: isAtEnd) }
    }

    /// Of listeners that only deliver what batch jobs have answered, what needs no call of the model.
    private func deliverable(_ findings: [Audit.Finding]) throws -> [Audit.Finding] {
        let delivering = Set(
            findings.map(\.listener).filter { health[$0].batchGate?.isDelivering == true })
        guard !delivering.isEmpty else { return findings }
        func id(_ finding: Audit.Finding) -> MemoEntry.ID? {
            finding.input.map { MemoEntry.Source(listeners[finding.listener].model).id(of: $0) }
        }
        let asked = findings.filter { delivering.contains($0.listener) }.compactMap(id)
        let known = Set(try MemoStore(connection: connection).entries(asked).keys)
        return findings.filter { finding in
            !delivering.contains(finding.listener) || finding.verdict == .extra
                || id(finding).map(known.contains) == true
        }
    }

    /// Waits a little until there is room for a page of each member; slow members leave meanwhile.
    ///
    /// - Returns: the remaining members; nil when there is nothing to read for now.
    private func makeRoom() -> [ListenerRef]? {
        while !isEnding() {
            guard let room = reconciler.state.withLock({ $0.scans.room(of: scan) }), !room.members.isEmpty
            else {
                return nil
            }
            switch queue.next(of: room, isOut: { health[$0].isOut }) {
            case .read: return room.members
            case .leave(let leaving): reconciler.leave(scan, leaving)
            case .wait, nil: return nil
            }
        }
        return nil
    }

    /// Ends a pass whose documents are all handled.
    func end() throws {
        guard let pass = reconciler.state.withLock({ $0.scans.pass(scan) }) else { return }
        for member in pass.members {
            guard let share = pass.inputs(of: member) else { continue }
            inputs.scanned(share, of: listeners[member].definition)
        }
        let review = ParkedReview(reconciler)
        // mechanism sweep
        try review.sweep(pass.members)
        for member in pass.members {
            // Not ended: the next session goes on with this pass, and sweeps anew.
            guard try review.sweepOutputs(of: member, until: isEnding) else { return }
        }
        queue.endScan(scan)
        for member in pass.members { health[member].batchGate?.close() }
        if reconciler.state.withLock({ $0.scans.end(scan) }) {
            observer?.finished(collection: pass.collection)
        }
    }
}
