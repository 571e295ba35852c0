import LockstepCore
import MongoBSON
import MongoDriver

extension Connection {
    /// - Parameters:
    ///   - saved: what the listeners were when their documents were scanned last, by their ids.
    ///   - inputs: what was counted then, by their definitions.
    package func warnings(
        about listeners: [Listener], saved: [String: ScanProgress], inputs: [String: InputShare]
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
