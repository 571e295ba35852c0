import LockstepCore

/// Runs the scans that are due, several passes at a time; a pass that waits takes no place from one that could go on.
package struct ScanRunner: Sendable {
    private let reconciler: Reconciler
    private let observer: (any ProgressObserver)?
    private let isEnding: @Sendable () -> Bool
    private var queue: WorkQueue { reconciler.queue }
    private var listeners: PerListener<Listener> { reconciler.listeners }
    private var health: PerListener<ListenerHealth> { reconciler.health }
    private var order: ListenerOrder { reconciler.order }

    package init(
        _ reconciler: Reconciler, _ observer: (any ProgressObserver)?,
        until isEnding: @escaping @Sendable () -> Bool
    ) {
        self.reconciler = reconciler
        self.observer = observer
        self.isEnding = isEnding
    }

    /// When to scan everything.
    package enum Schedule: Sendable {
        /// The wanted scans, once; returns when they are handled.
        case once
        /// The wanted scans, as they come.
        case onRequest
        /// Everything, again and again.
        case again(every: Duration)
    }

    package enum Work {
        case read(scan: Int)
        case end(scan: Int)
        case request(listener: ListenerRef)
    }

    /// Passes that are read at once, each with a thread, a connection and two pages in memory.
    private static let readers = 4

    /// Runs the wanted scans until it is stopped or done.
    func run(_ schedule: Schedule) async throws {
        var last = ContinuousClock.now
        var reported = ContinuousClock.now
        try await withThrowingDiscardingTaskGroup { group in
            while !isEnding(), !group.isCancelled {
                for work in nextWork() {
                    group.addTask {
                        defer { reconciler.state.withLock { $0.working -= 1 } }
                        try perform(work)
                    }
                }
                if let observer, .now - reported >= .milliseconds(100) {
                    reported = .now
                    report(to: observer)
                }
                if reconciler.isComplete {
                    reconciler.state.withLock { $0.auditedFrom = $0.passBegan }
                    switch schedule {
                    case .once: return
                    case .again(let every) where last + every <= .now:
                        last = .now
                        reconciler.wantEverything()
                        continue
                    default: break
                    }
                }
                try? await Task.sleep(for: .milliseconds(reconciler.isComplete ? 100 : 10))
            }
        }
    }

    private func perform(_ work: Work) throws {
        let isEnding: @Sendable () -> Bool = { [isEnding] in isEnding() || Task.isCancelled }
        func pass(_ scan: Int) -> ScanPass {
            ScanPass(reconciler: reconciler, scan: scan, observer: observer, isEnding: isEnding)
        }
        switch work {
        case .read(let scan): try pass(scan).read()
        case .end(let scan): try pass(scan).end()
        case .request(let listener): try ParkedReview(reconciler).request(listener, until: isEnding)
        }
    }

    /// The next step that is possible now.
    private func nextWork() -> [Work] {
        for pass in reconciler.state.withLock({ $0.scans.passes }) where pass.phase == .read {
            // One whose documents are all handled ends, whoever is unavailable: to leave it would begin it again for ever.
            guard queue.progress(ofScan: pass.scan).isBusy else { continue }
            // A listener whose model is unavailable must not keep the others from being complete.
            let taking = pass.members + order.readers(of: pass.members)
            reconciler.leave(pass.scan, taking.filter { !pass.left.contains($0) && health[$0].isOut })
        }
        var overtaken: [(scan: Int, listeners: [ListenerRef])] = []
        let work = reconciler.state.withLock { state -> [Work] in
            var work = endings(&state)
            while state.working + work.count < Self.readers {
                if let scan = goOn(&state) {
                    work.append(.read(scan: scan))
                } else if let pass = state.scans.begin(now: .now, isReady: mayScan) {
                    queue.beginScan(pass.scan, for: pass.members)
                    // What is not delivered is left to a scan of all documents.
                    state.scans.want(pass.members.filter { health[$0].batchGate?.isDelivering == true })
                    overtaken += state.scans.overtaken(by: pass)
                    work.append(.read(scan: pass.scan))
                } else if let listener = requested(&state) {
                    work.append(.request(listener: listener))
                } else {
                    break
                }
            }
            state.working += work.count
            return work
        }
        for (scan, listeners) in overtaken { reconciler.leave(scan, listeners) }
        return work
    }

    /// The passes whose documents are all handled.
    private func endings(_ state: inout Reconciler.State) -> [Work] {
        var work: [Work] = []
        for pass in state.scans.passes {
            let (safe, isBusy) = queue.progress(ofScan: pass.scan)
            state.scans.note(pass.scan, safe: safe)
            guard pass.phase == .read, !isBusy else { continue }
            state.scans.ending(pass.scan)
            work.append(.end(scan: pass.scan))
        }
        return work
    }

    /// A pass that has more to read, and room for it.
    private func goOn(_ state: inout Reconciler.State) -> Int? {
        for pass in state.scans.passes where pass.phase == .due {
            guard let room = state.scans.room(of: pass.scan),
                let decision = queue.next(of: room, isOut: { health[$0].isOut }),
                decision != .wait
            else { continue }
            state.scans.goesOn(pass.scan)
            return pass.scan
        }
        return nil
    }

    private func requested(_ state: inout Reconciler.State) -> ListenerRef? {
        guard
            let listener = state.requests.keys.sorted().first(where: {
                !state.requesting.contains($0) && isReady($0) && hasRoom($0)
            })
        else { return nil }
        state.requesting.insert(listener)
        return listener
    }

    /// Its documents are not to be asked for by a batch API first. One that is behind has handled most of what it kept:
    /// back at once, it would fill the queue again.
    private func mayScan(_ listener: ListenerRef) -> Bool {
        guard isReady(listener), health[listener].batchGate?.isOpen != false else { return false }
        // mechanism behind-room, off: hasRoom(listener) becomes true
        return !queue.isBehind(listener) || hasRoom(listener)
    }

    /// Less of it waits than its share for scans.
    private func hasRoom(_ listener: ListenerRef) -> Bool {
        queue.next(of: ScanRoom([listener], order, without: Set(listeners.refs)), isOut: { _ in false })
            == .read
    }

    /// Its model is not known to be unavailable, or is to be tried.
    private func isReady(_ listener: ListenerRef) -> Bool {
        !health[listener].isHeldBack && (!health[listener].isOut || queue.isIdle(listener))
    }

    /// Reports the progress of the scans, also while all is read and waits for a model.
    private func report(to observer: any ProgressObserver) {
        let totals = reconciler.state.withLock { state in
            state.scans.passes.filter { $0.phase != .ending }.reduce(into: [String: Int]()) { totals, pass in
                totals[pass.collection] = state.totals[pass.collection]
            }
        }
        for (collection, total) in totals {
            observer.progressed(
                collection: collection, documents: reconciler.handled(in: collection), total: total)
        }
    }
}
