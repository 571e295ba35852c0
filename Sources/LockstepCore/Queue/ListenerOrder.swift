/// Listeners on other listeners' outputs run after them.
///
/// When a change concerns both, only the first is queued: the second follows once the first is done, under the
/// same tickets, and is called with what the first has written.
package struct ListenerOrder {
    /// For each listener, those whose outputs it reads, directly or through others.
    private let upstreams: PerListener<Set<ListenerRef>>
    private let isTrivial: Bool

    package init(_ listeners: PerListener<Listener>) {
        var upstreams = listeners.map { _ in Set<ListenerRef>() }
        let graph = ListenerGraph(listeners.values)
        // Each pass carries it one step further down.
        for _ in listeners.refs {
            for writer in listeners.refs {
                for reader in graph.readers(of: writer) {
                    upstreams[reader].formUnion(upstreams[writer])
                    upstreams[reader].insert(writer)
                }
            }
        }
        self.upstreams = upstreams
        isTrivial = upstreams.allSatisfy(\.isEmpty)
    }

    /// The listeners whose outputs this one reads, directly or through others.
    package func upstreams(of listener: ListenerRef) -> Set<ListenerRef> {
        upstreams[listener]
    }

    /// These listeners, and those whose outputs they read, directly or through others.
    package func withUpstreams(of listeners: some Sequence<ListenerRef>) -> Set<ListenerRef> {
        listeners.reduce(into: []) { $0.formUnion(upstreams[$1].union([$1])) }
    }

    /// The listeners that read an output of these, directly or through others, and are none of them.
    package func readers(of listeners: [ListenerRef]) -> [ListenerRef] {
        guard !isTrivial else { return [] }
        return upstreams.refs.filter {
            !listeners.contains($0) && !upstreams[$0].isDisjoint(with: listeners)
        }
    }

    /// Leaves out the offers that come by themselves after others of the same document.
    package func keep(_ offers: [Offer]) -> [Offer] {
        guard !isTrivial, offers.count > 1 else { return offers }
        var concerned: [DocumentKey: Set<ListenerRef>] = [:]
        for offer in offers { concerned[offer.key, default: []].insert(offer.listener) }
        return offers.filter { offer in
            // What is to be forced or tried again says more than the first listener hands on.
            offer.change.force || offer.change.retry
                || concerned[offer.key]?.isDisjoint(with: upstreams[offer.listener]) ?? true
        }
    }
}
