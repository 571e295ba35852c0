import MongoBSON

/// The scans that are due or running, and their progress: a value without a server.
///
/// Listeners of one collection that are to begin at the same place share a pass. One that reads the output of another is
/// scanned together with that one or after it, never beside it.
package struct DueScans {
    /// Where a listener's scan begins.
    package struct Start: Equatable {
        /// Behind this `_id`; nil: at the beginning.
        package var after: BSONValue?
        /// Documents before it that were read in a pass that the listener has left, and since when: for people.
        package var documents = 0
        package var began: ContinuousClock.Instant?
    }

    /// One reading of a collection, for some of its listeners.
    package struct Pass {
        package enum Phase {
            /// There is more to read.
            case due
            case reading
            /// Read to the end, and perhaps not handled.
            case read
            /// Handled; what is parked is reviewed.
            case ending
        }

        package let scan: Int
        package let collection: String
        package var members: [ListenerRef]
        /// The listeners that took part and do not any more.
        package var left: Set<ListenerRef> = []
        package let start: Start
        package let began: ContinuousClock.Instant
        /// Read up to here.
        package var place: ScanPlace?
        package var phase = Phase.reading
        /// Documents without an input that were read in it, by member.
        package var withoutInput: [ListenerRef: Int] = [:]
        /// Documents with an output of a text that was cut.
        package var truncated: [ListenerRef: Int] = [:]

        /// What it has counted for a member; nil when it has read nothing where a pass before it ended.
        package func inputs(of member: ListenerRef) -> InputShare? {
            let read = documents - start.documents
            guard read > 0 || start.after == nil else { return nil }
            return InputShare(
                documents: read, withoutInput: withoutInput[member] ?? 0, truncated: truncated[member] ?? 0)
        }

        package var after: BSONValue? {
            place?.id ?? start.after
        }

        /// Read so far.
        package var documents: Int {
            place?.documents ?? start.documents
        }
    }

    package let listeners: PerListener<Listener>
    package let order: ListenerOrder
    /// How far each listener's documents are scanned, by the listener's id.
    package private(set) var progress: [String: ScanProgress] = [:]
    package private(set) var wanted: [ListenerRef: Start] = [:]
    package private(set) var passes: [Pass] = []
    private var count = 0

    /// - Parameter starts: the listeners that are to be scanned, and behind which `_id`.
    package init(_ listeners: PerListener<Listener>, starts: [ListenerRef: BSONValue?]) {
        self.listeners = listeners
        order = ListenerOrder(listeners)
        for index in listeners.refs {
            let listener = listeners[index]
            let after = starts[index]
            progress[listener.id] = ScanProgress(
                definition: listener.definition, isComplete: after == nil, after: after ?? nil)
            if let after { wanted[index] = Start(after: after) }
        }
    }

    package var isDone: Bool {
        wanted.isEmpty && passes.isEmpty
    }

    /// All documents of these listeners are to be scanned.
    package mutating func want(_ indices: some Sequence<ListenerRef>) {
        for index in indices {
            wanted[index] = Start()
            // mechanism shed-scan
            progress[listeners[index].id]?.isComplete = false
            progress[listeners[index].id]?.after = nil
        }
    }

    package func pass(_ scan: Int) -> Pass? {
        passes.first { $0.scan == scan }
    }

    /// The members of a pass, for the decision whether it goes on.
    package func room(of scan: Int) -> ScanRoom? {
        pass(scan).map { ScanRoom($0.members, order, without: $0.left) }
    }

    private func isRunning(_ listener: ListenerRef) -> Bool {
        passes.contains { $0.members.contains(listener) }
    }
}

// MARK: The life of a pass

extension DueScans {
    /// Begins the next pass, if one can be.
    ///
    /// - Parameter isReady: whether the listener's model can be asked.
    package mutating func begin(now: ContinuousClock.Instant, isReady: (ListenerRef) -> Bool) -> Pass? {
        var ready = Set(wanted.keys.filter { isReady($0) && !isRunning($0) })
        while true {
            let early = ready.filter { index in
                order.upstreams(of: index).contains { upstream in
                    guard !isRunning(upstream) else { return true }
                    guard let start = wanted[upstream] else { return false }
                    return !ready.contains(upstream) || start.after != wanted[index]?.after
                }
            }
            // mechanism scan-order-of-chains, off: break
            if early.isEmpty { break }
            ready.subtract(early)
        }
        guard let first = ready.min(), let start = wanted[first] else { return nil }
        let collection = listeners[first].collection
        let members = ready.sorted().filter {
            listeners[$0].collection == collection && wanted[$0]?.after == start.after
        }
        for index in members { wanted[index] = nil }
        count += 1
        let pass = Pass(
            scan: count, collection: collection.name, members: members, start: start,
            began: start.began ?? now)
        passes.append(pass)
        return pass
    }

    /// The listeners that read outputs of a pass's members and are in passes of their own: they leave those.
    package func overtaken(by pass: Pass) -> [(scan: Int, listeners: [ListenerRef])] {
        let readers = order.readers(of: pass.members)
        return passes.filter { $0.scan != pass.scan }.compactMap { other in
            let early = other.members.filter(readers.contains)
            return early.isEmpty ? nil : (other.scan, early)
        }
    }

    /// - Parameters:
    ///   - counts: documents without an input in a page, by member.
    ///   - truncated: those with an output of a text that was cut.
    package mutating func read(
        _ scan: Int, upTo place: ScanPlace, withoutInput counts: [ListenerRef: Int] = [:],
        truncated: [ListenerRef: Int] = [:]
    ) {
        change(scan) { pass in
            pass.place = place
            pass.withoutInput.merge(counts, uniquingKeysWith: +)
            pass.truncated.merge(truncated, uniquingKeysWith: +)
        }
    }

    /// Its reading goes on.
    package mutating func goesOn(_ scan: Int) {
        change(scan) { $0.phase = .reading }
    }

    /// Its reading has stopped: other passes are read first now.
    package mutating func stopped(_ scan: Int, isAtEnd: Bool) {
        guard let index = passes.firstIndex(where: { $0.scan == scan }) else { return }
        var pass = passes.remove(at: index)
        pass.phase = isAtEnd || pass.members.isEmpty ? .read : .due
        passes.append(pass)
    }

    /// Its documents are handled.
    package mutating func ending(_ scan: Int) {
        change(scan) { $0.phase = .ending }
    }

    /// It is over; its members are done but for what was asked for meanwhile.
    ///
    /// - Returns: whether no other pass over its collection runs.
    package mutating func end(_ scan: Int) -> Bool {
        guard let pass = pass(scan) else { return false }
        passes.removeAll { $0.scan == scan }
        for index in pass.members where wanted[index] == nil {
            progress[listeners[index].id]?.isComplete = true
            progress[listeners[index].id]?.after = nil
        }
        return !passes.contains { $0.collection == pass.collection }
    }

    /// Notes up to where the documents of a pass are handled.
    package mutating func note(_ scan: Int, safe: ScanPlace?) {
        guard let safe, let pass = pass(scan) else { return }
        for index in pass.members where wanted[index] == nil {
            progress[listeners[index].id]?.after = safe.id
        }
    }

    /// These listeners, and those that read their outputs, go on in later passes from where they are.
    ///
    /// - Parameter safe: up to where the documents of the pass are handled.
    /// - Returns: who has left; and who of them is to be behind, since they would get from those that go on in the pass
    ///   more than they can take, and are scanned once these are done.
    package mutating func leave(
        _ scan: Int, _ leaving: [ListenerRef], safe: ScanPlace?
    ) -> (gone: [ListenerRef], behind: [ListenerRef]) {
        guard let pass = pass(scan) else { return ([], []) }
        let gone = (pass.members + order.readers(of: pass.members)).filter { index in
            !pass.left.contains(index)
                && (leaving.contains(index) || !order.upstreams(of: index).isDisjoint(with: leaving))
        }
        let rest = pass.members.filter { !gone.contains($0) }
        let start = safe.map { Start(after: $0.id, documents: $0.documents, began: pass.began) } ?? pass.start
        for index in gone {
            if !pass.members.contains(index) {
                want([index])
            } else if wanted[index] == nil {
                wanted[index] = start
                progress[listeners[index].id]?.after = start.after
            }
        }
        change(scan) { pass in
            pass.members = rest
            pass.left.formUnion(gone)
        }
        return (gone, gone.filter { !order.upstreams(of: $0).isDisjoint(with: rest) })
    }

    private mutating func change(_ scan: Int, _ body: (inout Pass) -> Void) {
        guard let index = passes.firstIndex(where: { $0.scan == scan }) else { return }
        body(&passes[index])
    }
}
