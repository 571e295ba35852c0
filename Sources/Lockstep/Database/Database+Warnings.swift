import LockstepCore
import LockstepEngine
import LockstepState
import MongoDriver

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

extension Database {
    /// What the collections' validators and indexes will refuse of the listeners' outputs.
    package func ruleWarnings() async throws -> [RuleWarning] {
        let listeners = listeners
        return try await perform { connection in
            var warnings: [RuleWarning] = []
            for listener in listeners {
                let name = listener.collection.name
                let rules = try connection.rules(of: name)
                let paths = [listener.outputPath, listener.provenancePath]
                let refuses =
                    try rules.leavesOutLockstep || connection.refuses(rules, paths, collection: name)
                if refuses {
                    warnings.append(
                        RuleWarning(
                            text:
                                "the validator of `\(name)` refuses Lockstep's fields: allow `\(OutputPlace.outputs)` and `\(OutputPlace.provenance)` in it, or no prediction can be stored",
                            isCertain: true))
                }
                warnings += rules.indexWarnings(paths, collection: name)
            }
            var seen: Set<RuleWarning> = []
            return warnings.filter { seen.insert($0).inserted }
        }
    }
}
