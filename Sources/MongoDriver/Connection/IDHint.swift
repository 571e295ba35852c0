import MongoBSON

extension BSONBuilder {
    /// Has a query go by the index on `_id`, which every collection has: a server with `notablescan` refuses what would
    /// read a collection without an index.
    package mutating func appendIDHint() {
        document("hint") { $0.append(1, forKey: "_id") }
    }
}
