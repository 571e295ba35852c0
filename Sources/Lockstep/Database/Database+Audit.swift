import LockstepCore
import LockstepEngine
import LockstepState
import MongoBSON
import MongoDriver

extension Database {
    /// Judges every document for every listener; writes nothing.
    ///
    /// - Returns: a tally for each listener, in their order.
    public func audit(progress: (any ProgressObserver)? = nil) async throws -> [ListenerReport] {
        let connection = connection
        let listeners = listeners
        return try await threads.run {
            var reports: [String: ListenerReport] = [:]
            for collection in Set(listeners.map(\.collection.name)).sorted() {
                let concerned = listeners.filter { $0.collection.name == collection }
                let total = try connection.estimatedCount(of: collection)
                var documents = 0
                let audit = Audit(connection: connection, collection: collection, listeners: concerned)
                let tallies = try audit.run(from: nil) { page in
                    documents += page.documents
                    progress?.progressed(collection: collection, documents: documents, total: total)
                    return !Task.isCancelled
                }
                progress?.finished(collection: collection)
                for (listener, tally) in zip(concerned, tallies) { reports[listener.id] = tally }
            }
            let failures = FailureStore(connection: connection)
            let refusals = reports.values.allSatisfy(\.isFresh) ? [:] : try failures.refusals()
            return listeners.compactMap { listener in
                var report = reports[listener.id]
                report?.refusal = refusals[listener.id]?.reason
                return report
            }
        }
    }

    /// What the watcher of that identifier saved last; nil before its first start.
    package func checkpoint(of identifier: String = "lockstep") async throws -> Checkpoint? {
        let store = CheckpointStore(connection: connection, identifier: identifier)
        return try await threads.run { try store.load().checkpoint }
    }

    /// Who watches under that identifier; nil before its first start.
    package func lease(of identifier: String = "lockstep") async throws -> LeaseStore.Entry? {
        let store = LeaseStore(connection: connection, identifier: identifier)
        return try await threads.run { try store.load() }
    }

    /// The cluster's time now; nil on a standalone server.
    package func clusterTime() async throws -> BSONTimestamp? {
        let connection = connection
        return try await threads.run { try connection.operationTime() }
    }

    package func perform<Result: Sendable>(
        _ body: @Sendable @escaping (Connection) throws -> Result
    ) async throws -> Result {
        let connection = connection
        return try await threads.run { try body(connection) }
    }
}
