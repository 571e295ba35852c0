import LockstepCore
import MongoBSON
import MongoDriver

/// The leases in `lockstep.leases`: who follows the stream under an identifier, and until when.
///
/// The server's clock alone decides when a lease ends: the clocks of the watchers do not matter.
package struct LeaseStore: Sendable {
    package static let collection = "lockstep.leases"

    package let connection: Connection
    /// The watchers' identifier.
    package let identifier: String

    /// How long a lease holds without being renewed.
    package static let duration = Duration.seconds(8)
    /// The server waits for a majority for a shorter time than a lease holds.
    private static let concern = WriteConcern.majority(patience: 4000)

    package init(connection: Connection, identifier: String) {
        self.connection = connection
        self.identifier = identifier
    }

    package func load() throws(MongoError) -> Entry? {
        let pipeline: [BSONDocument] = [
            ["$match": ["_id": BSONValue(identifier)]], ["$set": ["alive": Self.isAlive]],
        ]
        return try connection.firstBatch(of: Aggregate(Self.collection, pipeline)).documents.first
            .flatMap(Entry.init)
    }

    /// Takes the lease if nobody holds it, it has ended, or `dead` holds it.
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
        let change = FindAndModify(
            Self.collection, ["_id": BSONValue(identifier)], update: [["$replaceWith": taken]],
            isUpsert: true,
            concern: Self.concern)
        do throws(MongoError) {
            let outcome = try connection.findAndModify(change)
            guard outcome.document?["holder"] == holder.id else { return nil }
            if let error = outcome.concernError { throw error }
            return outcome.document?["term"]?.int.map(Int64.init)
        } catch {
            // Two processes created the entry at once.
            if error.code == MongoError.Code.duplicateKey { return nil }
            throw error
        }
    }

    /// Extends the lease. False when another watcher holds it now.
    ///
    /// - Parameters:
    ///   - listeners: the holder's; nil when they are stored already.
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

    /// Ends the lease: the next watcher takes it at once.
    package func release(as holder: LeaseHolder) throws(MongoError) {
        _ = try update(as: holder, ["expires": "$$NOW", "listeners": .null])
    }

    private func update(as holder: LeaseHolder, _ fields: BSONValue) throws(MongoError) -> Bool {
        let statement = Update.Statement(
            ["_id": BSONValue(identifier), "holder": holder.id], [["$set": fields]])
        return try connection.store(Update(Self.collection, [statement]), concern: Self.concern).matched > 0
    }

    private static let end: BSONValue = [
        "$add": ["$$NOW", BSONValue(Int(duration.components.seconds) * 1000)]
    ]

    /// A date to come, and no further off than a lease reaches: an entry made by hand locks nobody out.
    private static let isAlive: BSONValue = [
        "$and": [
            ["$eq": [["$type": "$expires"], "date"]],
            ["$gt": ["$expires", "$$NOW"]],
            ["$lte": ["$expires", ["$add": ["$$NOW", 60_000]]]],
        ]
    ]
}
