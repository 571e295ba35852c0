import LockstepCore
import LockstepEngine
import LockstepState
import MongoBSON
import MongoDriver

/// Finds what a daemon is about to compute and to remove, before anything is spent; writes nothing and asks no model.
struct DatabasePlan {
    let access: DatabaseAccess
    let listeners: [Listener]

    /// - Parameter perSecond: what a running daemon measures of each listener's model, in inputs, by the listener's id.
    /// - Returns: a plan for each listener, in their order.
    func run(
        perSecond: [String: Double], _ progress: (any ProgressObserver)?
    ) async throws -> [ListenerPlan] {
        try await access.perform { [listeners] connection in
            let all = PerListener(listeners)
            var tallies: [ListenerRef: PlanTally] = [:]
            for collection in Set(listeners.map(\.collection.name)).sorted() {
                let total = try connection.estimatedCount(of: collection)
                var documents = 0
                let scan = PlanScan(connection: connection, collection: collection, listeners: all)
                let found = try scan.run { read in
                    documents += read
                    progress?.progressed(collection: collection, documents: documents, total: total)
                    return !Task.isCancelled
                }
                progress?.finished(collection: collection)
                tallies.merge(found) { $1 }
            }
            return all.refs.compactMap { ref in
                let listener = all[ref]
                let facts = PlanFacts(
                    terms: listener.model.terms, countsTokens: listener.model.countsTokens,
                    perSecond: perSecond[listener.id])
                return tallies[ref].map { ListenerPlan(listener.id, $0, facts) }
            }
        }
    }
}
