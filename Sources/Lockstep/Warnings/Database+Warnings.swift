extension Database {
    /// Likely mistakes in the listeners: a collection that is not there, a key that no document has, a filter that
    /// matches nothing, and outputs that the next scan removes. Looks at the documents for a bounded time; changes nothing.
    public func warnings() async throws -> [ListenerWarning] {
        try await warnings(about: listeners)
    }

    /// The same about listeners that are to be.
    package func warnings(
        about listeners: [Listener], identifier: String = "lockstep"
    ) async throws
        -> [ListenerWarning]
    {
        try await perform { connection in
            let saved = try CheckpointStore(connection: connection, identifier: identifier).load().checkpoint
            return try connection.warnings(
                about: listeners, saved: saved?.listeners ?? [:], inputs: saved?.inputs ?? [:])
        }
    }
}

extension Connection {
    /// - Parameters:
    ///   - saved: what the listeners were when their documents were scanned last, by their ids.
    ///   - inputs: what was counted then, by their definitions.
    func warnings(
        about listeners: [Listener], saved: [String: Checkpoint.Progress], inputs: [String: InputShare]
    ) throws -> [ListenerWarning] {
        let collections = try collectionNames()
        return try listeners.flatMap { listener in
            try facts(
                of: listener, collections: collections, saved: saved[listener.id],
                counted: inputs[listener.definition]
            ).warnings
        }
    }

    /// Those of the database but Lockstep's own; nil when the user may not see them.
    private func collectionNames() throws -> [String]? {
        var names: [String] = []
        var command = BSONBuilder()
        command.append(1, forKey: "listCollections")
        command.append(true, forKey: "nameOnly")
        command.append(true, forKey: "authorizedCollections")
        do {
            try query(command, collection: "$cmd.listCollections", operation: "listCollections") { view in
                if let name = view["name"]?.string { names.append(name) }
            }
        } catch let error as MongoError where error.isAboutRights {
            return nil
        }
        return names.filter { !$0.hasPrefix("lockstep.") && !$0.hasPrefix("system.") }.sorted()
    }
}
