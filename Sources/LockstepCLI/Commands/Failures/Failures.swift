import ArgumentParser
import Lockstep
import LockstepConfiguration

struct Failures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The parked documents: listed, or tried again.",
        subcommands: [FailuresList.self, FailuresRetry.self], defaultSubcommand: FailuresList.self)

    /// Ends with 64 when no listener of the configuration has that id, nor anything that is parked.
    static func check(_ listener: String?, _ configuration: Configuration, _ db: Database) async throws {
        guard let listener, !configuration.listenerIDs.contains(listener) else { return }
        try ListenerArgument.check(
            listener, among: configuration.listenerIDs + (try await db.parked.listeners()))
    }
}
