import LockstepCore
import MongoBSON
import MongoDriver

extension MemoStore {
    private static let idsPerQuery = 10_000

    /// How many of these inputs have an answer; reads none.
    package func count(_ inputs: [Fingerprint], of source: MemoEntry.Source) throws -> Int {
        var count = 0
        for start in stride(from: 0, to: inputs.count, by: Self.idsPerQuery) {
            let ids = inputs[start..<min(start + Self.idsPerQuery, inputs.count)].map {
                source.id(of: $0).value
            }
            let match: BSONDocument = ["_id": ["$in": BSONValue(ids)], "output": ["$exists": true]]
            let pipeline: [BSONDocument] = [["$match": BSONValue(match)], ["$count": "count"]]
            try connection.query(Aggregate(Self.collection, pipeline)) {
                count += Int($0["count"]?.int64 ?? 0)
            }
        }
        return count
    }
}
