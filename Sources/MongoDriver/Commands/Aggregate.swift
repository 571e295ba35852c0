import MongoBSON

/// The `aggregate` command on a collection.
package struct Aggregate: QueryCommand {
    package let collection: String
    package var pipeline: [BSONDocument]
    package var collation: BSONDocument?
    /// In milliseconds.
    package var maxTime: Int?
    package var batchSize: Int?
    package var allowsDiskUse: Bool

    package let operation = "aggregate"

    package init(
        _ collection: String, _ pipeline: [BSONDocument], collation: BSONDocument? = nil, maxTime: Int? = nil,
        batchSize: Int? = nil, allowsDiskUse: Bool = false
    ) {
        self.collection = collection
        self.pipeline = pipeline
        self.collation = collation
        self.maxTime = maxTime
        self.batchSize = batchSize
        self.allowsDiskUse = allowsDiskUse
    }

    package func append(to command: inout BSONBuilder) {
        command.append(collection, forKey: "aggregate")
        command.append(pipeline, forKey: "pipeline")
        command.document("cursor") { if let batchSize { $0.append(batchSize, forKey: "batchSize") } }
        if allowsDiskUse { command.append(true, forKey: "allowDiskUse") }
        if let collation { command.append(collation, forKey: "collation") }
        if let maxTime { command.append(maxTime, forKey: "maxTimeMS") }
    }
}
