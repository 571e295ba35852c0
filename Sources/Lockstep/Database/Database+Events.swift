import LockstepCore
import LockstepEngine
import MongoBSON

extension Database {
    /// Lends every change event of a collection, as the server sends it, until the task is cancelled. Events in parts are
    /// put together. Where the server has no parts, an event of more than 16 MB comes without its values, and with a
    /// field `withoutValues`.
    ///
    /// - Throws: ``MongoError`` when the stream cannot be followed; code 40573 on a standalone server.
    package func events(
        on collection: Collection, _ body: @Sendable @escaping (BSONDocument) -> Void
    ) async throws {
        let connection = connection
        let stream = ChangeStream(connection: connection, collections: [collection.name], pipeline: [])
        try await threads.run {
            var events = EventReader(stream: stream)
            while !Task.isCancelled { try events.read(body) }
        }
    }
}
