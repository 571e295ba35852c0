import LockstepCore
import MongoBSON
import MongoDriver

/// The leases in `lockstep.leases`: who follows the stream under an identifier, and until when.
///
/// The server's clock alone decides when a lease is over, so that the clocks of the watchers do not matter.
package struct LeaseStore: Sendable {
    package static let collection = "lockstep.leases"

    package let connection: Connection
    /// The watchers'.
    package let identifier: String

    /// How long a lease holds without being renewed.
    package static let duration = Duration.seconds(8)
    /// What the server waits for a majority, in milliseconds: less than a lease holds.
    private static let patience = 4000

    /// What is stored of a lease.
    package struct Entry: Sendable {
        package let holder: LeaseHolder
        /// Grows with each change of hands.
        package let term: Int64
        /// When its holder took it, in milliseconds since 1970.
        package let since: Int64
        /// By the server's clock, when it was read.
        package let isAlive: Bool
        /// What the holder runs; nil until it has said so.
        package var listeners: [RunningListener]?
        /// Seconds since the oldest change was made that the holder has not reflected, when it renewed the lease last.
        package var lag: Double?

        /// How what the holder runs differs from what is wanted; nil when it does not, or when it has not said yet.
        package func difference(to wanted: [ListenerSignature]) -> ListenerDifference? {
            listeners.flatMap { ListenerDifference(wanted, running: $0.map(\.signature)) }
        }

        /// As `db1 (process 4711)`.
        package var holderText: String {
            "\(holder.host) (process \(holder.pid))"
        }
    }

    package init(connection: Connection, identifier: String) {
        self.connection = connection
        self.identifier = identifier
    }

    package func load() throws(MongoError) -> Entry? {
        let command: BSONDocument = [
            "aggregate": BSONValue(Self.collection),
            "pipeline": [
                ["$match": ["_id": BSONValue(identifier)]],
                ["$set": ["alive": Self.isAlive]],
            ], "cursor": BSONValue(BSONDocument()),
        ]
        let reply = try connection.run(
            command, operation: "aggregate", namespace: connection.namespace(of: Self.collection))
        guard let document = reply[path: "cursor.firstBatch"]?.array?.first?.document,
            let holder = LeaseHolder(document)
        else { return nil }
        return Entry(
            holder: holder, term: Int64(document["term"]?.int ?? 0),
            since: document["since"]?.millisecondsSince1970 ?? 0, isAlive: document["alive"]?.bool ?? false,
            listeners: document["listeners"]?.array?.compactMap { $0.document.flatMap(RunningListener.init) },
            lag: document["lag"]?.double)
    }

    /// Takes the lease if it is free, over, or held by `dead`.
    ///
    /// - Parameter term: the new term is larger than that.
    /// - Returns: the term; nil when somebody else holds it.
    package func take(
        as holder: LeaseHolder, above term: Int64, replacing dead: LeaseHolder?
    ) throws(MongoError) -> Int64? {
        let isOurs: BSONValue = ["$eq": ["$holder", holder.id]]
        // mechanism lease, off: ["$not": [Self.isAlive]] becomes true
        var free = [isOurs, ["$not": [Self.isAlive]]]
        if let dead { free.append(["$eq": ["$holder", dead.id]]) }
        let known: BSONValue = [
            "$convert": ["input": "$term", "to": "long", "onError": 0, "onNull": 0]
        ]
        var fields = holder.document.map { ($0.key, ["$literal": $0.value] as BSONValue) }
        fields.append(("_id", "$_id"))
        fields.append(("term", ["$add": [["$max": [known, BSONValue(int64: term)]], 1]]))
        fields.append(("since", ["$cond": [isOurs, "$since", "$$NOW"]]))
        fields.append(("expires", Self.end))
        let taken: BSONValue = [
            "$cond": [["$or": BSONValue(free)], BSONValue(BSONDocument(fields)), "$$ROOT"]
        ]
        let command: BSONDocument = [
            "findAndModify": BSONValue(Self.collection),
            "query": ["_id": BSONValue(identifier)],
            "update": [["$replaceWith": taken]],
            "upsert": true, "new": true,
            "writeConcern": ["w": "majority", "wtimeout": BSONValue(Self.patience)],
        ]
        do throws(MongoError) {
            let reply = try connection.run(
                command, operation: "findAndModify", namespace: connection.namespace(of: Self.collection))
            guard reply[path: "value.holder"] == holder.id else { return nil }
            if let error = reply["writeConcernError"]?.document {
                throw MongoError(
                    source: .server, code: error["code"]?.int ?? 0, codeName: error["codeName"]?.string ?? "",
                    message: error["errmsg"]?.string ?? "", operation: "findAndModify",
                    namespace: connection.namespace(of: Self.collection))
            }
            return reply[path: "value.term"]?.int.map(Int64.init)
        } catch {
            // Two made the entry at once.
            if error.code == MongoError.Code.duplicateKey { return nil }
            throw error
        }
    }

    /// Makes it hold on. False when it is somebody else's now.
    ///
    /// - Parameters:
    ///   - listeners: what the holder runs; nil when that is stored already.
    ///   - lag: in seconds; nil when it is not known.
    package func renew(
        as holder: LeaseHolder, listeners: [RunningListener]?, lag: Double?
    ) throws(MongoError) -> Bool {
        var fields: [(String, BSONValue)] = [
            ("expires", Self.end), ("lag", lag.map { BSONValue($0) } ?? .null),
        ]
        if let listeners {
            let running = BSONValue(listeners.map { BSONValue($0.document) })
            // A stage of a pipeline would read texts with a dollar as paths.
            fields.append(("listeners", ["$literal": running]))
        }
        return try update(as: holder, BSONValue(BSONDocument(fields)))
    }

    /// Lets the next one take it at once.
    package func release(as holder: LeaseHolder) throws(MongoError) {
        _ = try update(as: holder, ["expires": "$$NOW", "listeners": .null])
    }

    private func update(as holder: LeaseHolder, _ fields: BSONValue) throws(MongoError) -> Bool {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { filter in
                    filter.append(identifier, forKey: "_id")
                    filter.append(holder.id, forKey: "holder")
                }
                operation.array("u") { stages in
                    stages.document("0") { $0.append(fields, forKey: "$set") }
                }
            }
        }
        let concern = WriteConcern.majority(patience: Self.patience)
        return try connection.store(
            command, collection: Self.collection, concern: concern, operation: "update"
        ).matched > 0
    }

    private static let end: BSONValue = [
        "$add": ["$$NOW", BSONValue(Int(duration.components.seconds) * 1000)]
    ]

    /// A date to come, and not further off than a lease reaches: nobody is locked out by an entry made by hand.
    private static let isAlive: BSONValue = [
        "$and": [
            ["$eq": [["$type": "$expires"], "date"]],
            ["$gt": ["$expires", "$$NOW"]],
            ["$lte": ["$expires", ["$add": ["$$NOW", 60_000]]]],
        ]
    ]
}
