import LockstepState
import MongoBSON

extension Database {
    /// The parked documents, ordered by listener and `_id`.
    public func failures() async throws -> [ParkedDocument] {
        try await perform { connection in
            var failures: [ParkedDocument] = []
            try FailureStore(connection: connection).forEach { failure in
                failures.append(ParkedDocument(failure))
            }
            return failures
        }
    }

    /// Lends the parked documents, ordered by listener and `_id`.
    ///
    /// - Parameters:
    ///   - listener: nil for all.
    ///   - limit: 0 for all.
    package func forEachFailure(
        listener: String?, limit: Int, _ body: @Sendable @escaping (ParkedDocument) throws -> Void
    ) async throws {
        try await perform { connection in
            try FailureStore(connection: connection).forEach(listener: listener, limit: limit) {
                try body(ParkedDocument($0))
            }
        }
    }

    /// How many documents are parked, of one listener or in all.
    package func failureCount(listener: String? = nil) async throws -> Int {
        try await perform { try FailureStore(connection: $0).count(listener: listener) }
    }

    /// The parked documents by listener and reason, the most frequent first.
    ///
    /// - Parameter limit: 0 for all.
    /// - Returns: at most `limit`, and whether there are more.
    package func failureGroups(
        listener: String?, limit: Int
    ) async throws -> (groups: [FailureStore.Group], hasMore: Bool) {
        let groups = try await perform {
            try FailureStore(connection: $0).groups(listener: listener, limit: limit)
        }
        return limit > 0 ? (Array(groups.prefix(limit)), groups.count > limit) : (groups, false)
    }

    /// The ids of listeners that have parked documents, also of those that are gone.
    package func listenersWithFailures() async throws -> [String] {
        try await perform { Array(try FailureStore(connection: $0).counts().parked.keys) }
    }

    /// Some parked documents, ordered by listener and `_id`.
    ///
    /// - Parameters:
    ///   - listener: only those of this listener.
    ///   - place: behind this `next` of an earlier answer.
    /// - Returns: at most `limit`; how many there are in all; and where the next page begins, if there is one.
    package func failures(
        listener: String?, after place: BSONDocument?, limit: Int
    ) async throws -> (failures: [ParkedDocument], total: Int, next: BSONDocument?) {
        try await perform { connection in
            let store = FailureStore(connection: connection)
            let page = try store.page(listener: listener, after: place, limit: limit + 1)
            let failures = page.prefix(limit).map(ParkedDocument.init)
            return (
                failures, try store.count(listener: listener), page.count > limit ? page[limit - 1].id : nil
            )
        }
    }

    /// Asks whoever watches to try parked documents again; gives how many there are.
    ///
    /// - Parameters:
    ///   - listener: only those of this listener.
    ///   - document: only the one with this `_id`.
    ///   - reason: only those that were parked for exactly this reason.
    @discardableResult
    public func retryFailures(
        listener: String? = nil, document: BSONValue? = nil, reason: String? = nil
    ) async throws -> Int {
        try await perform { connection in
            try FailureStore(connection: connection).requestRetry(
                listener: listener, document: document, reason: reason)
        }
    }
}
