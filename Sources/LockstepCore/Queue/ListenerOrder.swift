/// Listeners on other listeners' outputs run after them.
///
/// When a change concerns both, only the first is queued: the second follows once the first is done, under the
/// same tickets, and is called with what the first has written.
package struct ListenerOrder {
    /// For each listener, those whose outputs it reads, directly or through others.
    private let upstreams: [Set<Int>]
    private let isTrivial: Bool

    package init(_ listeners: [Listener]) {
        var upstreams = [Set<Int>](repeating: [], count: listeners.count)
        let graph = ListenerGraph(listeners)
        // Each pass carries it one step further down.
        for _ in listeners.indices {
            for index in listeners.indices {
                for reader in graph.dependents(of: index) {
                    upstreams[reader].formUnion(upstreams[index])
                    upstreams[reader].insert(index)
                }
            }
        }
        self.upstreams = upstreams
        isTrivial = upstreams.allSatisfy(\.isEmpty)
    }

    /// The listeners whose outputs this one reads, directly or through others.
    package func upstreams(of listener: Int) -> Set<Int> {
        upstreams[listener]
    }

    /// These listeners, and those whose outputs they read, directly or through others.
    package func withUpstreams(of listeners: some Sequence<Int>) -> Set<Int> {
        listeners.reduce(into: []) { $0.formUnion(upstreams[$1].union([$1])) }
    }

    /// The listeners that read an output of these, directly or through others, and are none of them.
    package func readers(of listeners: [Int]) -> [Int] {
        guard !isTrivial else { return [] }
        return upstreams.indices.filter {
            !listeners.contains($0) && !upstreams[$0].isDisjoint(with: listeners)
        }
    }

    /// Leaves out the offers that come by themselves after others of the same document.
    package func keep(_ offers: [Offer]) -> [Offer] {
        guard !isTrivial, offers.count > 1 else { return offers }
        var concerned: [DocumentKey: Set<Int>] = [:]
        for offer in offers { concerned[offer.key, default: []].insert(offer.listener) }
        return offers.filter { offer in
            // What is to be forced or tried again says more than the first listener hands on.
            offer.change.force || offer.change.retry
                || concerned[offer.key]?.isDisjoint(with: upstreams[offer.listener]) ?? true
        }
    }
}
