import LockstepCore
import LockstepEngine
import LockstepSinks
import LockstepState
import MongoBSON
import MongoDriver

/// Judges every document for every listener, by its provenance or by its model; writes nothing but distrust.
struct DatabaseAudit {
    let access: DatabaseAccess
    let listeners: [Listener]

    /// - Returns: a report for each listener, in their order.
    func run(_ progress: (any ProgressObserver)?) async throws -> [ListenerReport] {
        try await access.perform { [listeners] connection in
            let all = PerListener(listeners)
            var reports: [ListenerRef: ListenerReport] = [:]
            for collection in Set(listeners.map(\.collection.name)).sorted() {
                let members = all.refs.filter { all[$0].collection.name == collection }
                let total = try connection.estimatedCount(of: collection)
                var documents = 0
                let audit = Audit(
                    connection: connection, collection: collection,
                    members: members.map { Audit.Member($0, all[$0]) })
                let found = try audit.run(from: nil) { page in
                    documents += page.documents
                    progress?.progressed(collection: collection, documents: documents, total: total)
                    return !Task.isCancelled
                }
                progress?.finished(collection: collection)
                reports.merge(found) { $1 }
            }
            let failures = FailureStore(connection: connection)
            let refusals = reports.values.allSatisfy(\.isFresh) ? [:] : try failures.refusals()
            return all.refs.compactMap { listener in
                var report = reports[listener]
                report?.refusal = refusals[all[listener].id]?.reason
                return report
            }
        }
    }

    /// Calls the models again for every fresh output and compares.
    func recompute() async throws -> [RecomputationReport] {
        let calls = CommandCalls(keepsToBudgets: true)
        let models = listeners.map { calls.counted($0.model) }
        // What budgets have left.
        try await access.perform { try calls.save($0, always: true) }
        return try await access.recording(calls) {
            var reports: [RecomputationReport] = []
            for (listener, model) in zip(listeners, models) {
                reports.append(try await recompute(listener, model))
            }
            return reports
        }
    }

    private func recompute(_ listener: Listener, _ model: any Provider) async throws -> RecomputationReport {
        let recomputation = Recomputation(connection: access.connection, listener: listener, model: model)
        do {
            return try await withTaskExecutorPreference(access.threads) { try await recomputation.run() }
        } catch let spent as BudgetSpent {
            throw LockstepError.refused("\(listener.id): not all outputs were compared: \(spent.words)")
        }
    }

    /// Takes the provenance of a listener's outputs away: the next scan finds them stale.
    func distrust(_ ids: [BSONValue], of listener: Listener) async throws {
        try await access.perform { connection in
            let keys = ids.map(DocumentKey.init)
            if listener.model.terms.hasMemo { try forget(keys, of: listener, connection) }
            let left = try connection.sink(of: listener).disown(keys)
            guard left.isEmpty else {
                throw LockstepError.refused(
                    "\(listener.id): MongoDB does not take the mark of \(left.count) outputs away: fix these documents"
                )
            }
        }
    }

    /// What the model has answered to these documents before is not what it answers now.
    private func forget(
        _ keys: [DocumentKey], of listener: Listener, _ connection: Connection
    ) throws {
        let traits = try connection.traits(of: listener.collection.name)
        let read = try DocumentReader(connection, listener, traits).read(keys)
        let source = MemoEntry.Source(listener.model)
        let ids = read.values.compactMap { $0.input.map { source.id(of: Fingerprint(of: $0)) } }
        // mechanism memo-distrust
        try MemoStore(connection: connection).remove(ids)
    }
}
