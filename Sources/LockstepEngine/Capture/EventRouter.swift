import LockstepCore
import LockstepSinks
import LockstepState
import MongoBSON

/// Turns a batch of events into work: which listeners have to read which documents.
package struct EventRouter {
    /// What a batch contained beside work.
    package struct Findings {
        package var offers: [Offer] = []
        package var counts = EventCounts()
        /// Events read, of whatever kind, and their bytes.
        package var events = 0
        package var bytes = 0
        /// The bytes of events of collections that are not watched.
        package var foreignEvents = 0
        package var foreignBytes = 0
        /// Watched collections whose documents came or went without an event for each.
        package var changedCollections: [String] = []
        /// Somebody paused a listener or resumed it.
        package var changesPauses = false
        /// Those of `lockstep.failures`.
        package var failureEvents = 0
        /// Somebody waits for this batch to be reflected.
        package var isAwaited = false
    }

    private let routes: [String: [(index: ListenerRef, route: ListenerRoute)]]
    private let watched: Set<String>
    private let ownWrites: OwnWrites
    private let health: PerListener<ListenerHealth>
    private let order: ListenerOrder
    /// The listeners that read a listener's output.
    private let dependents: [ListenerRef: [ListenerRef]]
    private let indexOfListener: [String: ListenerRef]
    /// Events before it may be a repetition, so that their values are read again and not taken as news.
    private let liveAfter: BSONTimestamp

    package init(
        listeners: PerListener<Listener>, watched: [String], ownWrites: OwnWrites,
        health: PerListener<ListenerHealth>,
        liveAfter: BSONTimestamp
    ) {
        var routes: [String: [(index: ListenerRef, route: ListenerRoute)]] = [:]
        for index in listeners.refs {
            let listener = listeners[index]
            routes[listener.collection.name, default: []].append((index, ListenerRoute(listener)))
        }
        self.routes = routes
        self.watched = Set(watched)
        self.ownWrites = ownWrites
        self.health = health
        self.liveAfter = liveAfter
        order = ListenerOrder(listeners)
        let graph = ListenerGraph(listeners.values)
        dependents = Dictionary(
            uniqueKeysWithValues: listeners.refs.map { ($0, graph.readers(of: $0)) }
        )
        .filter { !$0.value.isEmpty }
        indexOfListener = Dictionary(
            zip(listeners.map(\.id), listeners.refs).map { ($0, $1) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Routes one event.
    package func route(_ event: StreamEvent, into findings: inout Findings) {
        findings.events += 1
        findings.bytes += event.size
        guard let name = event.collection.map({ String(decoding: $0, as: UTF8.self) }) else {
            if event.operation == .dropDatabase { findings.changedCollections += watched }
            return
        }
        // Most events are of a collection with listeners, which is none of Lockstep's own.
        let known = routes[name]
        if known == nil, routeState(event, of: name, into: &findings) { return }
        let isWatched = known != nil || watched.contains(name)
        if event.operation == .drop || event.operation == .rename {
            if isWatched { findings.changedCollections.append(name) }
            if let target = event.target, watched.contains(target) {
                findings.changedCollections.append(target)
            }
            return
        }
        guard isWatched else {
            findings.foreignEvents += 1
            findings.foreignBytes += event.size
            return
        }
        routeDocument(event, known ?? [], into: &findings)
    }

    /// An event of one of Lockstep's own collections. False when it is of another one.
    private func routeState(_ event: StreamEvent, of name: String, into findings: inout Findings) -> Bool {
        switch name {
        case FailureStore.collection:
            findings.failureEvents += 1
            routeFailure(event, into: &findings)
        case PauseStore.collection:
            // mechanism pause-stream
            findings.changesPauses = true
        case WaitStore.collection:
            findings.isAwaited = true
        default: return false
        }
        return true
    }

    private func routeDocument(
        _ event: StreamEvent, _ routes: [(index: ListenerRef, route: ListenerRoute)],
        into findings: inout Findings
    ) {
        guard let element = event.id else { return }
        switch event.operation {
        case .insert, .replace:
            if event.operation == .insert {
                findings.counts.inserts += 1
            } else {
                findings.counts.replaces += 1
            }
            if event.isBare { return routeBare(element, routes, force: false, into: &findings) }
            guard !routes.isEmpty, let document = event.fullDocument else { return }
            // mechanism live-after, off: (event.clusterTime ?? liveAfter) > liveAfter becomes true
            let carries = (event.clusterTime ?? liveAfter) > liveAfter
            var key: DocumentKey?
            var offers: [Offer] = []
            for (index, route) in routes {
                let (interest, values) = route.interest(inDocument: document, carries: carries)
                guard interest != .none || health[index].hasParked else { continue }
                let known = key ?? DocumentKey(BSONValue(copying: element))
                key = known
                var change = PendingChange()
                change.isMissing = true
                // A write of ours may reflect this event already; whether it does not is asked once more by the queue.
                // Here, for the write's own event may be in the same batch.
                // mechanism outstanding-batch, off: ownWrites.isOutstanding(listener: index, key: known) becomes false
                change.carried = ownWrites.isOutstanding(listener: index, key: known) ? nil : values
                offers.append(.init(listener: index, key: known, change: change))
            }
            findings.offers += order.keep(offers)
        case .update where event.isBare:
            findings.counts.updates += 1
            // It may have changed outputs alone.
            routeBare(element, routes, force: true, into: &findings)
        case .update:
            routeUpdate(event, element, routes, into: &findings)
        case .delete:
            findings.counts.deletes += 1
            // The outputs in the document went with it; what may remain is one elsewhere, or its place among the parked.
            for (index, route) in routes where route.outlivesDocuments || health[index].hasParked {
                let key = DocumentKey(BSONValue(copying: element))
                findings.offers.append(.init(listener: index, key: key, change: PendingChange()))
            }
        default: break
        }
    }

    /// An event that does not say what it changed concerns every listener.
    private func routeBare(
        _ element: BSONElement, _ routes: [(index: ListenerRef, route: ListenerRoute)], force: Bool,
        into findings: inout Findings
    ) {
        let key = DocumentKey(BSONValue(copying: element))
        findings.offers += routes.map { index, _ in
            var change = PendingChange()
            change.force = force
            return Offer(listener: index, key: key, change: change)
        }
    }

    private func routeUpdate(
        _ event: StreamEvent, _ element: BSONElement, _ routes: [(index: ListenerRef, route: ListenerRoute)],
        into findings: inout Findings
    ) {
        // Most updates concern no listener.
        lazy var key = DocumentKey(BSONValue(copying: element))
        for (index, route) in routes {
            guard let provenance = route.ownProvenance(in: event) else { continue }
            if ownWrites.recognise(listener: index, key: key, provenance: provenance) {
                // No position passes an output before those who read it are done.
                // mechanism chain-return
                findings.offers += (dependents[index] ?? []).map {
                    Offer(listener: $0, key: key, change: PendingChange())
                }
                return
            }
        }
        findings.counts.updates += 1
        let offers = routes.compactMap { index, route -> Offer? in
            let interest = route.interest(inUpdate: event)
            // Any change may have made room where an output did not fit.
            guard interest != .none || health[index].hasOversized else { return nil }
            var change = PendingChange()
            change.force = interest == .force
            return Offer(listener: index, key: key, change: change)
        }
        if !offers.isEmpty { findings.offers += order.keep(offers) }
    }

    // A document was parked, by this process or another, or a person marked it to be tried again. It may have been
    // deleted or become fresh meanwhile, so that it is read once more.
    private func routeFailure(_ event: StreamEvent, into findings: inout Findings) {
        guard event.operation != .delete, let id = event.id?.nested, let listener = id["listener"]?.string,
            let document = id["document"], let index = indexOfListener[listener]
        else { return }
        health[index].hasParked = true
        var change = PendingChange()
        change.retry = event.updatedFields?["retry"]?.bool == true
        // mechanism failure-read, off: guard change.retry else { return }
        findings.offers.append(
            .init(listener: index, key: DocumentKey(BSONValue(copying: document)), change: change))
    }
}
