import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

extension InputShare {
    /// Counts a listener's documents with and without an input, and with a text that was cut; nil when that takes longer than `milliseconds`.
    package static func counting(
        _ listener: Listener, _ connection: Connection, within milliseconds: Int
    ) throws -> InputShare? {
        let collection = listener.collection.name
        let documents = try connection.estimatedCount(of: collection)
        guard documents > 0 else { return InputShare() }
        let isTruncated: BSONValue = [
            "$cond": [
                ["$eq": [BSONValue("$\(listener.provenancePath.text).\(Provenance.truncated)"), true]], 1, 0,
            ]
        ]
        let query = Aggregate(
            collection,
            [
                ["$match": BSONValue(listener.hasInput)],
                ["$group": ["_id": .null, "count": ["$sum": 1], "truncated": ["$sum": isTruncated]]],
            ],
            collation: .simpleCollation, maxTime: milliseconds)
        var (withInput, truncated) = (0, 0)
        do {
            try connection.query(query) { view in
                withInput = Int(view["count"]?.int64 ?? 0)
                truncated = Int(view["truncated"]?.int64 ?? 0)
            }
        } catch let error as MongoError where error.code == MongoError.Code.outOfTime {
            return nil
        }
        return InputShare(
            documents: documents, withoutInput: max(0, documents - withInput), truncated: truncated)
    }
}
