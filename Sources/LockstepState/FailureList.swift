import LockstepCore
import MongoBSON
import MongoDriver

/// The parked documents in `lockstep.failures`, as people ask for them.
package struct FailureList: Sendable {
    private let store: FailureStore

    package init(connection: Connection) {
        store = FailureStore(connection: connection)
    }

    /// Lends parked documents in the order of their entries: by listener and `_id`.
    ///
    /// - Parameters:
    ///   - listener: nil for all.
    ///   - limit: 0 for all.
    package func forEach(
        listener: String? = nil, limit: Int = 0, _ body: (ParkedFailure) throws -> Void
    ) throws {
        let filter = FailureStore.entries(of: listener)
        try store.forEach(Find(FailureStore.collection, filter, sort: ["_id": 1], limit: limit), body)
    }

    /// Parked documents in the order of their entries, behind the entry `id`.
    package func page(listener: String?, after id: BSONDocument?, limit: Int) throws -> [ParkedFailure] {
        var failures: [ParkedFailure] = []
        let filter: BSONDocument = ["_id": BSONValue(FailureStore.range(listener, after: id))]
        try store.forEach(Find(FailureStore.collection, filter, sort: ["_id": 1], limit: limit)) {
            failures.append($0)
        }
        return failures
    }

    /// Why a listener has parked a document; nil when it has not.
    package func entry(listener: String, document: BSONValue) throws -> ParkedFailure? {
        var found: ParkedFailure?
        let id = ParkedFailure.id(listener: listener, document: document)
        try store.forEach(Find(FailureStore.collection, ["_id": BSONValue(id)], limit: 1)) { found = $0 }
        return found
    }

    /// How many entries there are; reads an index alone.
    package func count(listener: String?) throws -> Int {
        let pipeline: [BSONDocument] = [
            ["$match": BSONValue(FailureStore.entries(of: listener))], ["$count": "count"],
        ]
        var count = 0
        try store.connection.query(Aggregate(FailureStore.collection, pipeline)) { view in
            count = Int(view["count"]?.int64 ?? 0)
        }
        return count
    }

    /// Marks the entries that match to be tried again by the running daemon; gives how many there are.
    package func requestRetry(
        listener: String?, document: BSONValue?, reason: String? = nil
    ) throws(MongoError) -> Int {
        var filter: [(String, BSONValue)] = []
        if let listener { filter.append(("_id.listener", BSONValue(listener))) }
        // With `$eq`, a document of operators is a value.
        if let document { filter.append(("_id.document", ["$eq": document])) }
        if let reason { filter.append(("reason", ["$eq": BSONValue(reason)])) }
        let statement = Update.Statement(
            BSONDocument(filter), ["$set": ["retry": true]], isMulti: true, hint: .idHint)
        return try store.connection.store(Update(FailureStore.collection, [statement])).matched
    }
}

// MARK: Groups

/// The parked documents of one listener that have the same reason.
package struct FailureGroup: Sendable, Hashable {
    package let listener: String
    package let reason: String
    package let count: Int
    /// One of the documents.
    package let example: BSONValue
    /// When the first was parked, in milliseconds since 1970.
    package let since: Int64
}

extension FailureList {
    /// The groups of a listener, or all, the largest first. MongoDB reads each entry.
    ///
    /// - Parameter limit: gives one more where there are more; 0 for all.
    package func groups(listener: String?, limit: Int) throws -> [FailureGroup] {
        var pipeline: [BSONDocument] = [
            ["$match": BSONValue(FailureStore.entries(of: listener))],
            [
                "$group": [
                    "_id": ["listener": "$_id.listener", "reason": "$reason"], "count": ["$sum": 1],
                    "document": ["$first": "$_id.document"], "since": ["$min": "$since"],
                ]
            ],
            ["$sort": ["count": -1, "_id": 1]],
        ]
        if limit > 0 { pipeline.append(["$limit": BSONValue(limit + 1)]) }
        var groups: [FailureGroup] = []
        let query = Aggregate(FailureStore.collection, pipeline, allowsDiskUse: true)
        try store.connection.query(query) { view in
            guard let id = view["_id"]?.nested, let listener = id["listener"]?.string,
                let document = view["document"]
            else { return }
            groups.append(
                FailureGroup(
                    listener: listener, reason: id["reason"]?.string ?? "",
                    count: Int(view["count"]?.int64 ?? 0), example: BSONValue(copying: document),
                    since: view["since"]?.milliseconds ?? 0))
        }
        return groups
    }
}
