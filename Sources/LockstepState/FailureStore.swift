import LockstepCore
import MongoBSON
import MongoDriver

/// The parked documents in `lockstep.failures`, as the engine uses them: at most one entry for a document and listener.
package struct FailureStore: Sendable {
    package static let collection = "lockstep.failures"

    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    package func park(_ failures: [ParkedFailure]) throws(MongoError) {
        for some in failures.slices(bytes: BSONDocument.bytesOfIDsPerCommand, { $0.document.bytes.count }) {
            let statements = some.map { failure in
                Update.Statement(["_id": BSONValue(failure.id)], BSONValue(failure.update), isUpsert: true)
            }
            try connection.store(Update(Self.collection, statements))
        }
    }

    /// Deletes the entries of documents that are fresh or gone.
    package func clear(listener: String, documents: [BSONValue]) throws(MongoError) {
        for filter in Self.filters(listener, documents) {
            try connection.store(Delete(Self.collection, filter))
        }
    }

    /// Deletes all entries of listeners that are gone.
    package func forget(listeners: some Sequence<String>) throws(MongoError) {
        for listener in listeners {
            try connection.store(Delete(Self.collection, Self.entries(of: listener)))
        }
    }

    /// The entries of those of the documents that are parked.
    package func parked(listener: String, documents: [BSONValue]) throws -> [DocumentKey: ParkedEntry] {
        var found: [DocumentKey: ParkedEntry] = [:]
        for filter in Self.filters(listener, documents) {
            try forEach(Find(Self.collection, filter)) { found[DocumentKey($0.document)] = $0.entry }
        }
        return found
    }

    /// Lends a listener's parked documents, a page at a time.
    package func forEachPage(listener: String, _ body: ([DocumentKey]) throws -> Void) throws {
        var page: [DocumentKey] = []
        try forEach(Find(Self.collection, Self.entries(of: listener))) { failure in
            page.append(DocumentKey(failure.document))
            guard page.count == 1000 else { return }
            try body(page)
            page = []
        }
        if !page.isEmpty { try body(page) }
    }

    /// The entries of a listener that people want tried again, in the order of their ids.
    ///
    /// - Parameter id: the first entry is behind this one.
    package func requests(
        listener: String, after id: BSONDocument?, limit: Int
    ) throws -> [ParkedFailure] {
        var failures: [ParkedFailure] = []
        let filter: BSONDocument = ["_id": BSONValue(Self.range(listener, after: id)), "retry": true]
        try forEach(Find(Self.collection, filter, sort: ["_id": 1], limit: limit)) { failures.append($0) }
        return failures
    }

    /// How many documents each listener has parked, and how many entries are not Lockstep's.
    package func counts() throws -> (parked: [String: Int], foreign: Int) {
        var counts: (parked: [String: Int], foreign: Int) = ([:], 0)
        let group: BSONDocument = ["$group": ["_id": "$_id.listener", "count": ["$sum": 1]]]
        try connection.query(Aggregate(Self.collection, [group])) { view in
            let count = Int(view["count"]?.int64 ?? 0)
            if let listener = view["_id"]?.string {
                counts.parked[listener] = count
            } else {
                counts.foreign += count
            }
        }
        return counts
    }

    /// True when an input of the listener broke its model under a setup other than this one.
    package func hasBroken(listener: String, underOtherThan setup: String) throws -> Bool {
        try exists(
            ["_id": BSONValue(Self.range(listener)), "setup": ["$type": "string", "$ne": BSONValue(setup)]])
    }

    /// The listeners that have an output parked for which the document had no room.
    package func oversized() throws -> Set<String> {
        var listeners: Set<String> = []
        let find = Find(Self.collection, ["outputBytes": ["$exists": true]], hint: .idHint)
        try connection.query(find) { view in
            if let listener = view["_id"]?.nested?["listener"]?.string { listeners.insert(listener) }
        }
        return listeners
    }
}

// MARK: Filters

extension FailureStore {
    /// The entries of a listener, or of all. An entry whose `_id.listener` is no text is not Lockstep's.
    static func entries(of listener: String?) -> BSONDocument {
        ["_id": BSONValue(range(listener))]
    }

    /// The ids of a listener's entries, or of all, behind one of them.
    static func range(_ listener: String?, after id: BSONDocument? = nil) -> BSONDocument {
        let name = listener.map { BSONValue($0) }
        func bound(_ end: BSONValue) -> BSONValue { ["listener": name ?? end, "document": end] }
        let from = id.map { ("$gt", BSONValue($0)) } ?? ("$gte", bound(.minKey))
        return BSONDocument([from, ("$lte", bound(.maxKey))])
    }

    /// Filters for the entries of these documents, as many as their ids need.
    private static func filters(_ listener: String, _ documents: [BSONValue]) -> [BSONDocument] {
        documents.slices(bytes: BSONDocument.bytesOfIDsPerCommand) { $0.bytes.count }.map { some in
            let ids = some.map { BSONValue(ParkedFailure.id(listener: listener, document: $0)) }
            return ["_id": ["$in": BSONValue(ids)]]
        }
    }

    func forEach(_ find: Find, _ body: (ParkedFailure) throws -> Void) throws {
        try connection.query(find) { view in
            if let failure = ParkedFailure(view) { try body(failure) }
        }
    }

    func exists(_ filter: BSONDocument) throws -> Bool {
        var isThere = false
        try connection.query(Find(Self.collection, filter, projection: ["_id": 1], limit: 1)) { _ in
            isThere = true
        }
        return isThere
    }
}
