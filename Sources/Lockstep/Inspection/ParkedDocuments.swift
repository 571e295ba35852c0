import LockstepState
import MongoBSON

/// The parked documents of a database.
package struct ParkedDocuments: Sendable {
    let access: DatabaseAccess

    /// All of them, ordered by listener and `_id`.
    func all() async throws -> [ParkedDocument] {
        try await access.perform { connection in
            var documents: [ParkedDocument] = []
            try FailureList(connection: connection).forEach { documents.append(ParkedDocument($0)) }
            return documents
        }
    }

    /// Lends the parked documents, ordered by listener and `_id`.
    ///
    /// - Parameters:
    ///   - listener: nil for all.
    ///   - limit: 0 for all.
    package func forEach(
        listener: String?, limit: Int, _ body: @Sendable @escaping (ParkedDocument) throws -> Void
    ) async throws {
        try await access.perform { connection in
            try FailureList(connection: connection).forEach(listener: listener, limit: limit) {
                try body(ParkedDocument($0))
            }
        }
    }

    /// How many documents are parked, of one listener or in all.
    package func count(listener: String? = nil) async throws -> Int {
        try await access.perform { try FailureList(connection: $0).count(listener: listener) }
    }

    /// Some parked documents, ordered by listener and `_id`.
    ///
    /// - Parameters:
    ///   - listener: only those of this listener.
    ///   - place: behind this `next` of an earlier answer.
    /// - Returns: at most `limit`; how many there are in all; and where the next page begins, if there is one.
    package func page(
        listener: String?, after place: BSONDocument?, limit: Int
    ) async throws -> (failures: [ParkedDocument], total: Int, next: BSONDocument?) {
        try await access.perform { connection in
            let list = FailureList(connection: connection)
            let page = try list.page(listener: listener, after: place, limit: limit + 1)
            let failures = page.prefix(limit).map(ParkedDocument.init)
            return (
                failures, try list.count(listener: listener), page.count > limit ? page[limit - 1].id : nil
            )
        }
    }

    /// The parked documents by listener and reason, the most frequent first.
    ///
    /// - Parameter limit: 0 for all.
    /// - Returns: at most `limit`, and whether there are more.
    package func groups(
        listener: String?, limit: Int
    ) async throws -> (groups: [FailureGroup], hasMore: Bool) {
        let groups = try await access.perform {
            try FailureList(connection: $0).groups(listener: listener, limit: limit)
        }
        return limit > 0 ? (Array(groups.prefix(limit)), groups.count > limit) : (groups, false)
    }

    /// The ids of listeners that have parked documents, also of those that are gone.
    package func listeners() async throws -> [String] {
        try await access.perform { Array(try FailureStore(connection: $0).counts().parked.keys) }
    }

    /// Marks documents to be tried again by the running daemon; gives how many there are.
    func retry(listener: String?, document: BSONValue?, reason: String?) async throws -> Int {
        try await access.perform { connection in
            try FailureList(connection: connection).requestRetry(
                listener: listener, document: document, reason: reason)
        }
    }
}
