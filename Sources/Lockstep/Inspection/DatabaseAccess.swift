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

    /// Brings what a command calls into the ledger; what cannot be saved is left out.
    func recording<Result: Sendable>(
        _ calls: CommandCalls, while body: () async throws -> Result
    ) async rethrows -> Result {
        try await calls.recording({ try? await perform { try calls.save($0) } }, while: body)
    }
}
