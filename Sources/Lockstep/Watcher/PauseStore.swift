/// The listeners that a person has paused, in `lockstep.pauses`, so that a restart does not resume them.
struct PauseStore: Sendable {
    static let collection = "lockstep.pauses"

    let connection: Connection

    /// Their ids.
    func paused() throws -> Set<String> {
        var ids: Set<String> = []
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        try connection.query(command, collection: Self.collection) { view in
            if let id = view["_id"]?.string { ids.insert(id) }
        }
        return ids
    }

    func add(_ listener: String) throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { $0.append(listener, forKey: "_id") }
                operation.document("u") { update in
                    update.document("$setOnInsert") {
                        $0.append(milliseconds: currentMilliseconds(), forKey: "at")
                    }
                }
                operation.append(true, forKey: "upsert")
            }
        }
        try connection.store(command, collection: Self.collection, operation: "update")
    }

    func remove(_ listener: String) throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "delete")
        command.array("deletes") { deletes in
            deletes.document("0") { operation in
                operation.document("q") { $0.append(listener, forKey: "_id") }
                operation.append(0, forKey: "limit")
            }
        }
        try connection.store(command, collection: Self.collection, operation: "delete")
    }
}
