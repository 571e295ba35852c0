import MongoBSON

/// What is parked because a rule of its collection, a validator or an index, refuses the output.
extension FailureStore {
    /// Of one listener.
    package struct Refused: Sendable {
        /// Of the last one.
        package var reason: String
        /// What the rules were when they were refused; empty when they were parked under several.
        package var rules: String
        /// Outputs that can be neither replaced nor removed.
        package var stuck = 0
    }

    /// By the listener's id. An index that has such entries alone makes it cheap, however many are parked.
    package func refusals() throws -> [String: Refused] {
        do {
            return try refusals { $0.append(Self.refusalIndex, forKey: "hint") }
        } catch let error as MongoError where error.code == MongoError.Code.badValue {
            // There is no such index: nothing was refused yet, or the user may not make one.
            return try refusals { $0.appendIDHint() }
        }
    }

    private static let refusalIndex = "rule"

    private func refusals(hint: (inout BSONBuilder) -> Void) throws -> [String: Refused] {
        var found: [String: Refused] = [:]
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("rule") { $0.append(0, forKey: "$gt") }
        }
        hint(&command)
        try connection.query(command, collection: Self.collection) { view in
            guard let failure = Failure(view) else { return }
            let rules = failure.rules ?? ""
            var refused = found[failure.listener] ?? Refused(reason: failure.reason, rules: rules)
            refused.reason = failure.reason
            if refused.rules != rules { refused.rules = "" }
            if failure.isStuck { refused.stuck += 1 }
            found[failure.listener] = refused
        }
        return found
    }

    /// Whether the listener has one; reads no more than that.
    package func hasRefused(listener: String) throws -> Bool {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("rule") { $0.append(0, forKey: "$gt") }
            filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
        }
        command.document("projection") { $0.append(1, forKey: "_id") }
        command.append(1, forKey: "limit")
        var isThere = false
        try connection.query(command, collection: Self.collection) { _ in isThere = true }
        return isThere
    }

    /// Marks those to be tried again that were parked from a time on, in milliseconds since 1970.
    package func retryRefused(listener: String, from time: Int64) throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { filter in
                    filter.document("rule") { $0.append(0, forKey: "$gt") }
                    filter.document("at") { $0.append(milliseconds: time, forKey: "$gte") }
                    filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
                }
                operation.document("u") { $0.document("$set") { $0.append(true, forKey: "retry") } }
                operation.append(true, forKey: "multi")
            }
        }
        try connection.store(command, collection: Self.collection, operation: "update")
    }

    /// Makes the index that ``refusals()`` goes by. Without it that reads all that is parked.
    package func indexRefusals() throws(MongoError) {
        try connection.run(
            [
                "createIndexes": BSONValue(Self.collection),
                "indexes": [["key": ["rule": 1], "name": BSONValue(Self.refusalIndex), "sparse": true]],
            ], operation: "createIndexes", namespace: connection.namespace(of: Self.collection))
    }
}
