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
            let counted = try Self.counted(connection)
            return try all.refs.compactMap { ref in
                let listener = all[ref]
                guard let tally = tallies[ref] else { return nil }
                let facts = PlanFacts(
                    terms: listener.model.terms, countsTokens: listener.model.countsTokens,
                    remembered: try Self.remembered(tally, listener.model, connection),
                    counted: counted[listener.modelName], perSecond: perSecond[listener.id])
                return ListenerPlan(listener.id, tally, facts)
            }
        }
    }

    /// Different inputs that are looked up in the memo.
    private static let lookups = 20_000

    /// The share of the inputs that the memo answers; nil where the model has none.
    private static func remembered(
        _ tally: PlanTally, _ model: any Provider, _ connection: Connection
    ) throws -> Double? {
        let sample = tally.distinct.sample(lookups)
        guard model.terms.hasMemo, !sample.isEmpty else { return nil }
        let known = try MemoStore(connection: connection).count(sample, of: MemoEntry.Source(model))
        return Double(known) / Double(sample.count)
    }

    /// Days of the ledger that are looked at.
    private static let days: Int64 = 30

    /// Tokens of an input of each model lately, by the ledger, and the number of inputs.
    private static func counted(
        _ connection: Connection
    ) throws -> [String: (tokensPerInput: Double, inputs: Int)] {
        let first = CalendarTime(milliseconds: currentMilliseconds() - days * 86_400_000)
        var sums: [String: LedgerCounts] = [:]
        for row in try LedgerStore(connection: connection).rows(since: first.dayText) {
            sums[row.model, default: LedgerCounts()] += row.counts
        }
        return sums.compactMapValues { counts in
            guard counts.inputs > 0, counts.tokens > 0 else { return nil }
            return (Double(counts.tokens) / Double(counts.inputs), counts.inputs)
        }
    }
}
