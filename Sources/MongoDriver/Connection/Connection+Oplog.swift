import MongoBSON

extension Connection {
    /// The times of the oldest and the newest entry of the oplog, in seconds since 1970; nil when it is empty.
    package func oplogWindow() throws(MongoError) -> (oldest: UInt32, newest: UInt32)? {
        func end(_ direction: Int) throws(MongoError) -> UInt32? {
            try run(
                [
                    "find": "oplog.rs", "sort": ["$natural": BSONValue(direction)], "limit": 1,
                    "projection": ["ts": 1], "singleBatch": true,
                ], on: "local", operation: "find", namespace: "local.oplog.rs")[path: "cursor.firstBatch"]?
                .array?.first?.document?["ts"]?.timestamp?.seconds
        }
        guard let oldest = try end(1), let newest = try end(-1) else { return nil }
        return (oldest, newest)
    }
}
