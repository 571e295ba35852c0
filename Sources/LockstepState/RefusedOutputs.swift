import MongoBSON
import MongoDriver

/// What a listener has parked because a rule of its collection, a validator or an index, refuses the output.
package struct RefusedOutputs: Sendable {
    /// The reason of the last entry.
    package var reason: String
    /// What the rules were when they refused; empty when the entries were parked under several.
    package var rules: String
    /// Outputs that can be neither replaced nor removed.
    package var stuck = 0
}

extension FailureStore {
    /// The refused outputs by the listener's id. An index of such entries alone makes it cheap, however many are parked.
    package func refusals() throws -> [String: RefusedOutputs] {
        do {
            return try refusals(hint: BSONValue(Self.refusalIndex))
        } catch let error as MongoError where error.code == MongoError.Code.badValue {
            // There is no such index: nothing was refused yet, or the user may not create one.
            return try refusals(hint: .idHint)
        }
    }

    private static let refusalIndex = "rule"
    private static let isRefused: BSONValue = ["$gt": 0]

    private func refusals(hint: BSONValue) throws -> [String: RefusedOutputs] {
        var found: [String: RefusedOutputs] = [:]
        try forEach(Find(Self.collection, ["rule": Self.isRefused], hint: hint)) { failure in
            let rules = failure.rules ?? ""
            var refused = found[failure.listener] ?? RefusedOutputs(reason: failure.reason, rules: rules)
            refused.reason = failure.reason
            if refused.rules != rules { refused.rules = "" }
            if failure.isStuck { refused.stuck += 1 }
            found[failure.listener] = refused
        }
        return found
    }

    /// True when an output of the listener was refused; reads one entry.
    package func hasRefused(listener: String) throws -> Bool {
        try exists(["rule": Self.isRefused, "_id": BSONValue(Self.range(listener))])
    }

    /// Marks the refused outputs that were parked from a time on, in milliseconds since 1970, to be tried again.
    package func retryRefused(listener: String, from time: Int64) throws(MongoError) {
        let filter: BSONDocument = [
            "rule": Self.isRefused, "at": ["$gte": BSONValue(millisecondsSince1970: time)],
            "_id": BSONValue(Self.range(listener)),
        ]
        try connection.store(
            Update(Self.collection, [.init(filter, ["$set": ["retry": true]], isMulti: true)]))
    }

    /// Creates the index that ``refusals()`` uses. Without it, that reads all entries.
    package func indexRefusals() throws(MongoError) {
        try connection.create(
            CreateIndex(Self.collection, name: Self.refusalIndex, keys: ["rule": 1], isSparse: true))
    }
}
