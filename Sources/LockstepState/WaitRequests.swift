import MongoBSON
import MongoDriver

/// How another process asks to be told soon: it writes here, the stream brings it in order, and the position is saved once
/// a listener has reflected everything before it.
package enum WaitRequests {
    package static let collection = "lockstep.waits"
}

extension WaitRequests {
    package static func add(
        _ id: BSONValue, _ connection: Connection, concern: WriteConcern? = .majority
    ) throws {
        var command = BSONBuilder()
        command.append(collection, forKey: "insert")
        command.array("documents") { documents in
            documents.document("0") { document in
                document.append(id, forKey: "_id")
                document.append(milliseconds: currentMilliseconds(), forKey: "at")
            }
        }
        try connection.store(command, collection: collection, concern: concern, operation: "insert")
    }

    package static func remove(_ id: BSONValue, _ connection: Connection) throws {
        var command = BSONBuilder()
        command.append(collection, forKey: "delete")
        command.array("deletes") { deletes in
            deletes.document("0") { operation in
                // With those that a killed `wait` left behind an hour ago or earlier: their ids tell the time.
                operation.document("q") { filter in
                    filter.array("$or") { any in
                        any.document("0") { $0.append(id, forKey: "_id") }
                        any.document("1") { old in
                            old.document("_id") {
                                $0.append(
                                    .objectID(atSecond: currentMilliseconds() / 1000 - 3600), forKey: "$lt")
                            }
                        }
                    }
                }
                operation.append(0, forKey: "limit")
            }
        }
        try connection.store(command, collection: collection, concern: nil, operation: "delete")
    }
}
