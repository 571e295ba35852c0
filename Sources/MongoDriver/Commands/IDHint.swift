import MongoBSON

extension BSONValue {
    /// The hint for the index on `_id`, which every collection has.
    package static let idHint: BSONValue = ["_id": 1]
}

extension BSONBuilder {
    /// Appends the hint for the index on `_id`: a server with `notablescan` refuses a query that no index serves.
    package mutating func appendIDHint() {
        append(.idHint, forKey: "hint")
    }
}
