import LockstepCore
import LockstepEngine
import MongoBSON

extension Database {
    /// Hands on every change event of a collection, until the task is cancelled: as the server sends it, put together
    /// where it came in parts. Where the server has no parts, an event of more than 16 MB comes without its values, and
    /// says so by a field `withoutValues`.
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
