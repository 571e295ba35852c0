import LockstepCore
import LockstepEngine
import MongoBSON
import MongoDriver

/// What the commands ask a database beside its documents.
extension Database {
    /// `collection`, `view` or `timeseries`, by name.
    package func collectionKinds() async throws -> [String: String] {
        try await perform { connection in
            var kinds: [String: String] = [:]
            var command = BSONBuilder()
            command.append(1, forKey: "listCollections")
            command.append(true, forKey: "nameOnly")
            // A user who may not list the database still sees the collections that are open to him.
            command.append(true, forKey: "authorizedCollections")
            try connection.query(command, collection: "$cmd.listCollections", operation: "listCollections") {
                view in
                if let name = view["name"]?.string { kinds[name] = view["type"]?.string ?? "collection" }
            }
            return kinds
        }
    }

    /// Seconds that the oplog reaches back.
    ///
    /// - Throws: when the user may not read it.
    package func oplogWindow() async throws -> Int {
        try await perform { connection in
            try connection.oplogWindow().map { Int($0.newest) - Int($0.oldest) } ?? 0
        }
    }

    /// For each model, by name, the input of some document, to try it with.
    ///
    /// - Parameter listeners: those that have the models. Default: the database's.
    package func sampleInputs(of listeners: [Listener]? = nil) async throws -> [String: BSONValue] {
        let listeners = listeners ?? self.listeners
        return try await perform { connection in
            var samples: [String: BSONValue] = [:]
            for listener in listeners where samples[listener.model.name] == nil {
                samples[listener.model.name] = try SampleInput(connection: connection, listener: listener)
                    .find().map { $0.count == 1 ? $0[0] : BSONValue($0) }
            }
            return samples
        }
    }
}

extension Database {
    /// What collections are.
    package func collectionTraits(of names: Set<String>) async throws -> [String: CollectionTraits] {
        try await perform { connection in
            var traits: [String: CollectionTraits] = [:]
            for name in names { traits[name] = try connection.traits(of: name) }
            return traits
        }
    }
}
