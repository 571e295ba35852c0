import LockstepEngine
import MongoDriver

/// A connection and the threads on which it may block.
package struct DatabaseAccess: Sendable {
    let connection: Connection
    let threads: BlockingThreads

    func perform<Result: Sendable>(
        _ body: @Sendable @escaping (Connection) throws -> Result
    ) async throws -> Result {
        try await threads.run { [connection] in try body(connection) }
    }
}
