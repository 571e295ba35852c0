import LockstepCore
import LockstepEngine
import LockstepSinks
import LockstepState
import MongoBSON
import MongoDriver

/// Checks listeners against their database; changes nothing.
package struct ListenerCheck: Sendable {
    let access: DatabaseAccess
    /// The listeners that the database has.
    let listeners: [Listener]

    /// Likely mistakes in listeners: see ``Database/warnings()``.
    ///
    /// - Parameters:
    ///   - listeners: default: the database's.
    ///   - identifier: the watcher's, whose checkpoint knows earlier definitions.
    package func warnings(
        about listeners: [Listener]? = nil, identifier: String = "lockstep"
    ) async throws -> [ListenerWarning] {
        let listeners = listeners ?? self.listeners
        return try await access.perform { connection in
            let saved = try CheckpointStore(connection: connection, identifier: identifier).load().checkpoint
            return try ListenerInspection(connection: connection).warnings(
                about: listeners, saved: saved?.listeners ?? [:], inputs: saved?.inputs ?? [:])
        }
    }

    /// What the collections' validators and indexes will refuse of the listeners' outputs.
    package func ruleWarnings() async throws -> [RuleWarning] {
        try await access.perform { [listeners] connection in
            try RuleInspection(connection: connection).warnings(about: listeners)
        }
    }

    /// Why MongoDB refuses the filter of a listener, whatever the documents are, by the listener's id.
    ///
    /// - Parameter listeners: default: the database's.
    package func filterProblems(
        of listeners: [Listener]? = nil
    ) async throws -> [(listener: String, reason: String)] {
        let listeners = listeners ?? self.listeners
        return try await access.perform { connection in
            try listeners.compactMap { listener in
                guard let filter = listener.filter else { return nil }
                // The query matches no document, so that no document causes the error.
                let find = Find(
                    listener.collection.name, ["_id": ["$in": []], "$and": [BSONValue(filter)]])
                do {
                    try connection.query(find) { _ in }
                    return nil
                } catch let error as MongoError where error.mayBeAboutOneDocument {
                    return (listener.id, "\(error.message) (code \(error.code))")
                }
            }
        }
    }

    /// The input of some document for each model, by the model's name, to try the model with.
    ///
    /// - Parameter listeners: default: the database's.
    package func sampleInputs(of listeners: [Listener]? = nil) async throws -> [String: BSONValue] {
        let listeners = listeners ?? self.listeners
        return try await access.perform { connection in
            var samples: [String: BSONValue] = [:]
            for listener in listeners where samples[listener.model.name] == nil {
                samples[listener.model.name] = try SampleInput(connection: connection, listener: listener)
                    .find().map { $0.count == 1 ? $0[0] : BSONValue($0) }
            }
            return samples
        }
    }
}
