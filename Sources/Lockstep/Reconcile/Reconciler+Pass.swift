/// One look through a collection.
extension Reconciler {
    /// Reads the documents and puts those that are not fresh in line.
    func read(
        _ pass: Pass, _ observer: (any ProgressObserver)?, until isEnding: @Sendable () -> Bool
    ) throws {
        let total = observer == nil ? 0 : try connection.estimatedCount(of: pass.collection)
        let audit = Audit(
            connection: connection, collection: pass.collection, listeners: pass.members.map { listeners[$0] }
        )
        var documents = 0
        _ = try audit.run(from: pass.after) { page in
            guard let members = makeRoom(in: pass, until: isEnding) else { return false }
            let offers = page.unfresh.compactMap { place, key, verdict -> WorkQueue.Offer? in
                let index = pass.members[place]
                guard members.contains(index) else { return nil }
                var change = PendingChange()
                change.isMissing = verdict == .missing
                return WorkQueue.Offer(listener: index, key: key, change: change)
            }
            documents += page.documents
            looked(at: page.documents, in: pass)
            guard queue.offer(order.keep(offers), scan: pass.scan, upTo: page.upTo) else { return false }
            observer?.progressed(
                collection: pass.collection,
                // Read, and not waiting any more, by estimate: each waits once a listener.
                documents: max(0, documents - queue.load.documents / max(1, members.count)), total: total)
            note(pass)
            return true
        }
    }

    /// Waits until there is room for a page of each member; members whose models are out leave meanwhile.
    ///
    /// - Returns: who takes part; nil when the pass is over for all.
    private func makeRoom(in pass: Pass, until isEnding: @Sendable () -> Bool) -> [Int]? {
        while !isEnding() {
            let members = state.withLock { $0.passes.first { $0.scan == pass.scan }?.members ?? [] }
            guard !members.isEmpty, let full = queue.waitForRoom(members) else { return nil }
            if full.isEmpty { return members }
            leave(pass, full.filter { health[$0].isOut })
        }
        return nil
    }

    /// These listeners, and those that read their outputs, go on in a later pass from where they are.
    func leave(_ pass: Pass, _ leaving: [Int]) {
        guard !leaving.isEmpty else { return }
        let safe = queue.progress(ofScan: pass.scan).safe ?? pass.after
        let gone = state.withLock { state -> [Int] in
            guard let place = state.passes.firstIndex(where: { $0.scan == pass.scan }) else { return [] }
            let gone = state.passes[place].members.filter { member in
                leaving.contains(member) || !order.upstreams(of: member).isDisjoint(with: leaving)
            }
            state.passes[place].members.removeAll(where: gone.contains)
            for index in gone where state.wanted[index] == nil {
                state.wanted[index] = .some(safe)
                state.progress[listeners[index].id]?.after = safe
            }
            return gone
        }
        for index in gone { queue.leave(scan: pass.scan, index) }
    }

    /// Notes how far the members of a pass are.
    func note(_ pass: Pass) {
        guard let safe = queue.progress(ofScan: pass.scan).safe else { return }
        state.withLock { state in
            for index in state.passes.first(where: { $0.scan == pass.scan })?.members ?? []
            where state.wanted[index] == nil {
                state.progress[listeners[index].id]?.after = safe
            }
        }
    }
}

// MARK: For people

extension Reconciler {
    /// How far a look through the documents of a listener is.
    enum Look: Sendable {
        case done
        /// It waits for its turn, or for its model.
        case waiting
        /// Since when, and how many documents were read.
        case running(since: ContinuousClock.Instant, documents: Int)
    }

    /// For each listener, in their order.
    var looks: [Look] {
        state.withLock { state in
            listeners.indices.map { index in
                if state.wanted[index] != nil { return .waiting }
                guard let pass = state.passes.first(where: { $0.members.contains(index) }) else {
                    return .done
                }
                return .running(since: pass.began, documents: pass.documents)
            }
        }
    }

    private func looked(at documents: Int, in pass: Pass) {
        state.withLock { state in
            guard let place = state.passes.firstIndex(where: { $0.scan == pass.scan }) else { return }
            state.passes[place].documents += documents
        }
        statistics.looked(at: documents, in: pass.collection)
    }
}
