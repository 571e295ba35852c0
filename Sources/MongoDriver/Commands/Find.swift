import MongoBSON

/// The `find` command.
package struct Find: QueryCommand {
    package let collection: String
    package var filter: BSONDocument?
    package var projection: BSONDocument?
    package var sort: BSONDocument?
    /// 0: all.
    package var limit: Int
    /// The name or the keys of the index to use. With the keys of `_id`, every server takes the query: one with
    /// `notablescan` refuses a query that no index serves.
    package var hint: BSONValue?
    /// The keys in the hinted index to begin with.
    package var min: BSONDocument?
    package var collation: BSONDocument?
    /// In milliseconds.
    package var maxTime: Int?
    package var batchSize: Int?
    package var readConcern: ReadConcern?

    package let operation = "find"

    package init(
        _ collection: String, _ filter: BSONDocument? = nil, projection: BSONDocument? = nil,
        sort: BSONDocument? = nil, limit: Int = 0, hint: BSONValue? = nil, min: BSONDocument? = nil,
        collation: BSONDocument? = nil, maxTime: Int? = nil, batchSize: Int? = nil,
        readConcern: ReadConcern? = nil
    ) {
        self.collection = collection
        self.filter = filter
        self.projection = projection
        self.sort = sort
        self.limit = limit
        self.hint = hint
        self.min = min
        self.collation = collation
        self.maxTime = maxTime
        self.batchSize = batchSize
        self.readConcern = readConcern
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "find")
        if let filter { command.append(filter, forKey: "filter") }
        if let projection { command.append(projection, forKey: "projection") }
        if let sort { command.append(sort, forKey: "sort") }
        if limit > 0 { command.append(limit, forKey: "limit") }
        if let hint { command.append(hint, forKey: "hint") }
        if let min { command.append(min, forKey: "min") }
        if let collation { command.append(collation, forKey: "collation") }
        if let maxTime { command.append(maxTime, forKey: "maxTimeMS") }
        if let batchSize { command.append(batchSize, forKey: "batchSize") }
        if let readConcern {
            command.document("readConcern") { $0.append(readConcern.rawValue, forKey: "level") }
        }
    }
}

/// Which writes a read sees.
package enum ReadConcern: String, Sendable {
    /// Those that a majority has.
    case majority
    /// Those that a majority has, from a primary that is still the primary.
    case linearizable
}
