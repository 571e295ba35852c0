import LockstepCore
import MongoBSON
import MongoDriver

extension Connection {
    /// Counts a listener's documents with and without an input; nil when that takes longer than `milliseconds`.
    package func inputShare(of listener: Listener, within milliseconds: Int) throws -> InputShare? {
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
