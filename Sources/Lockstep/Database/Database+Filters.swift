import LockstepCore
import MongoBSON

extension Database {
    /// Why MongoDB refuses the filter of a listener, whatever the documents are, by the listener's id.
    ///
    /// Asked about no document, so that none is to blame.
    package func filterProblems(of listeners: [Listener]) async throws -> [(listener: String, reason: String)]
    {
        try await perform { connection in
            try listeners.compactMap { listener in
                guard let filter = listener.filter else { return nil }
                var command = BSONBuilder()
                command.append(listener.collection.name, forKey: "find")
                command.document("filter") { conditions in
                    conditions.document("_id") { $0.array("$in") { _ in } }
                    conditions.array("$and") { $0.append(filter, forKey: "0") }
                }
                do {
                    try connection.query(command, collection: listener.collection.name) { _ in }
                    return nil
                } catch let error as MongoError where error.mayBeAboutOneDocument {
                    return (listener.id, "\(error.message) (code \(error.code))")
                }
            }
        }
    }
}
