import ArgumentParser
import Foundation
import Lockstep

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints change events as JSON lines, for people and pipes.",
        discussion: "Ends on Ctrl-C, or when its output is closed.")

    @OptionGroup var options: CommonOptions

    @Argument(help: "The collection.")
    var collection: String

    func validate() throws {
        try validate(collection: collection)
    }

    func run() async throws {
        _ = StopSignals { _, _ in _exit(0) }
        Terminal.whenNobodyReads { _exit(0) }
        try await ending {
            let configuration = try options.configuration()
            let db = try await options.connect(configuration)
            guard db.deployment.hasChangeStreams else {
                throw Failure(
                    .unavailable,
                    "\(configuration.mongodb.redactedURI) is a standalone server, which has no change streams: `lockstep watch` needs a replica set. Start mongod with --replSet and run rs.initiate() once; one member is enough"
                )
            }
            try await db.events(on: Collection(collection)) { event in
                if !Terminal.print(event.json) { _exit(0) }
            }
        }
    }
}

extension ParsableCommand {
    /// A name that MongoDB takes for a collection.
    func validate(collection: String) throws {
        guard !collection.isEmpty, !collection.hasPrefix("$"), !collection.hasPrefix("system."),
            !collection.utf8.contains(0)
        else {
            throw ValidationError(
                "\(collection.isEmpty ? "an empty text" : "`\(collection)`") is no collection")
        }
    }
}
