import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// One pass over a collection that finds what a daemon is about to do; reads only.
package struct PlanScan {
    private let connection: Connection
    private let collection: String
    private let members: [ListenerRef]
    private let listeners: PerListener<Listener>
    /// Rows of the members before a member whose outputs it reads.
    private let upstream: [[Int]]
    /// Rows of the members, each behind those it reads.
    private let order: [Int]

    package init(connection: Connection, collection: String, listeners: PerListener<Listener>) {
        self.connection = connection
        self.collection = collection
        self.listeners = listeners
        let members = listeners.refs.filter { listeners[$0].collection.name == collection }
        self.members = members
        let graph = ListenerGraph(listeners.values)
        upstream = members.map { reader in
            members.indices.filter { graph.readers(of: members[$0]).contains(reader) }
        }
        let all = ListenerOrder(listeners)
        order = members.indices.sorted {
            (all.upstreams(of: members[$0]).count, $0) < (all.upstreams(of: members[$1]).count, $1)
        }
    }

    /// - Parameter read: is told of each page how many documents it has; ends the pass by false.
    /// - Returns: a tally for each listener of the collection.
    package func run(_ read: (Int) -> Bool) throws -> [ListenerRef: PlanTally] {
        var tallies = members.map { member in
            let model = listeners[member].model
            return PlanTally(countsTokens: model.countsTokens, frame: model.frame)
        }
        let failures = FailureStore(connection: connection)
        let parked = try failures.counts().parked
        var digest = SHA256()
        let scan = CollectionScan(
            connection: connection, collection: collection, listeners: members.map { listeners[$0] })
        try scan.forEachPage(from: nil) { documents in
            let fingerprints = documents.map { document in
                document.evidence.map { $0.input.map { Fingerprint(of: $0, with: &digest) } }
            }
            let upheld = try members.indices.map { member in
                try parked[listeners[members[member]].id] == nil
                    ? [] : self.upheld(member, documents, fingerprints, failures)
            }
            for (row, document) in documents.enumerated() {
                var work = [PlannedWork](repeating: .nothing, count: members.count)
                for member in order {
                    work[member] = PlannedWork(
                        document.evidence[member], fingerprint: fingerprints[row][member],
                        version: listeners[members[member]].model.version,
                        isUpheld: upheld[member].contains(document.key),
                        upstream: upstream[member].map { work[$0] })
                    tallies[member].add(work[member], input: document.evidence[member].input)
                }
            }
            return read(documents.count)
        }
        return Dictionary(uniqueKeysWithValues: zip(members, tallies))
    }

    /// The documents that stay parked, of a page.
    private func upheld(
        _ member: Int, _ documents: [CollectionScan.Document], _ fingerprints: [[Fingerprint?]],
        _ failures: FailureStore
    ) throws -> Set<DocumentKey> {
        let listener = listeners[members[member]]
        let suspects = documents.indices.filter { row in
            let evidence = documents[row].evidence[member]
            return evidence.verdict(fingerprint: fingerprints[row][member], version: listener.model.version)
                != .fresh
        }
        guard !suspects.isEmpty else { return [] }
        let parked = try failures.parked(
            listener: listener.id, documents: suspects.map { documents[$0].key.id })
        let upheld = suspects.filter { row in
            guard let entry = parked[documents[row].key], !entry.retry else { return false }
            let evidence = documents[row].evidence[member]
            return (evidence.stored.isBare || entry.isStuck)
                && entry.isUpheld(
                    by: evidence.unjudged == nil ? fingerprints[row][member] : nil,
                    version: listener.model.version, setup: listener.model.setup)
        }
        return Set(upheld.map { documents[$0].key })
    }
}

extension Provider {
    /// It takes texts, or is paid by the token.
    package var countsTokens: Bool {
        takesTexts || terms.price != nil
    }
}
