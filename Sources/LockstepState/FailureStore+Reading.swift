import MongoBSON

extension FailureStore {
    /// Lends parked documents in the order of their entries, by listener and `_id`.
    ///
    /// - Parameters:
    ///   - listener: nil for all.
    ///   - limit: 0 for all.
    package func forEach(
        listener: String? = nil, limit: Int = 0, _ body: (Failure) throws -> Void
    ) throws {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
        }
        command.document("sort") { $0.append(1, forKey: "_id") }
        command.append(limit, forKey: "limit")
        try connection.query(command, collection: Self.collection) { view in
            if let failure = Failure(view) { try body(failure) }
        }
    }

    /// The parked documents of one listener that have the same reason.
    package struct Group: Sendable, Hashable {
        package let listener: String
        package let reason: String
        package let count: Int
        /// One of them.
        package let example: BSONValue
        /// When the first was parked, in milliseconds since 1970.
        package let since: Int64
    }

    /// The groups of a listener, or all, the largest first. MongoDB reads each entry.
    ///
    /// - Parameter limit: one more than that is given, where there are more; 0 for all.
    package func groups(listener: String?, limit: Int) throws -> [Group] {
        var builder = BSONBuilder()
        Self.append(range: listener, to: &builder, from: true)
        let range = builder.finish()
        var stages: [BSONValue] = [
            ["$match": ["_id": BSONValue(range)]],
            [
                "$group": [
                    "_id": ["listener": "$_id.listener", "reason": "$reason"], "count": ["$sum": 1],
                    "document": ["$first": "$_id.document"], "since": ["$min": "$since"],
                ]
            ],
            ["$sort": ["count": -1, "_id": 1]],
        ]
        if limit > 0 { stages.append(["$limit": BSONValue(limit + 1)]) }
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "aggregate")
        command.append(BSONValue(stages), forKey: "pipeline")
        command.append(true, forKey: "allowDiskUse")
        command.document("cursor") { _ in }
        var groups: [Group] = []
        try connection.query(command, collection: Self.collection, operation: "aggregate") { view in
            guard let id = view["_id"]?.nested, let listener = id["listener"]?.string,
                let document = view["document"]
            else { return }
            groups.append(
                Group(
                    listener: listener, reason: id["reason"]?.string ?? "",
                    count: Int(view["count"]?.int64 ?? 0), example: BSONValue(copying: document),
                    since: view["since"]?.milliseconds ?? 0))
        }
        return groups
    }
}

extension FailureStore {
    /// Why a listener has parked a document; nil when it has not.
    package func entry(listener: String, document: BSONValue) throws -> Failure? {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") {
            $0.append(Failure.id(listener: listener, document: document), forKey: "_id")
        }
        command.append(1, forKey: "limit")
        var found: Failure?
        try connection.query(command, collection: Self.collection) { found = Failure($0) }
        return found
    }
}
