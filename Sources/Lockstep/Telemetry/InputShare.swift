/// How many of a collection's documents had no input for a listener when they were counted.
///
/// A scan counts exactly; until the next one the share is taken to stay, so that inserts and deletes cost no query.
package struct InputShare: Hashable, Sendable {
    /// Documents that were counted.
    package var documents = 0
    /// Those of them whose keys are all missing or null, or that the listener's `where` does not match.
    package var withoutInput = 0

    package init(documents: Int = 0, withoutInput: Int = 0) {
        self.documents = documents
        self.withoutInput = withoutInput
    }

    /// How many of so many documents have no input; exact when no more and no fewer were counted.
    func withoutInput(of count: Int) -> Int {
        guard documents > 0 else { return 0 }
        let share = Double(withoutInput) / Double(documents)
        return min(count, Int((share * Double(count)).rounded()))
    }
}

extension Connection {
    /// Counts a listener's documents with and without an input; nil when that takes longer than `milliseconds`.
    func inputShare(of listener: Listener, within milliseconds: Int) throws -> InputShare? {
        let documents = try estimatedCount(of: listener.collection.name)
        guard documents > 0 else { return InputShare() }
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "aggregate")
        command.append(
            BSONValue([
                ["$match": BSONValue(listener.hasInput)], ["$group": ["_id": .null, "count": ["$sum": 1]]],
            ]),
            forKey: "pipeline")
        command.document("cursor") { _ in }
        command.append(BSONDocument.simpleCollation, forKey: "collation")
        command.append(milliseconds, forKey: "maxTimeMS")
        var withInput = 0
        do {
            try query(command, collection: listener.collection.name, operation: "aggregate") { view in
                withInput = Int(view["count"]?.int64 ?? 0)
            }
        } catch let error as MongoError where error.code == MongoError.Code.outOfTime {
            return nil
        }
        return InputShare(documents: documents, withoutInput: max(0, documents - withInput))
    }
}

extension Listener {
    /// Matches the documents that have an input for the listener; for queries that name the simple collation.
    var hasInput: BSONDocument {
        guard let filter else { return hasKey }
        return ["$and": [BSONValue(filter), BSONValue(hasKey)]]
    }

    /// Where one of the keys has a value, as a projection gives it: `{$ne: null}` judges the values inside of arrays one
    /// by one.
    private var hasKey: BSONDocument {
        Self.has(keys)
    }

    /// The same for any of these keys.
    static func has(_ keys: [FieldPath]) -> BSONDocument {
        let present = keys.map { key -> BSONValue in
            ["$ne": [["$ifNull": [BSONValue("$" + key.text), .null]], .null]]
        }
        return ["$expr": ["$or": BSONValue(present)]]
    }
}
