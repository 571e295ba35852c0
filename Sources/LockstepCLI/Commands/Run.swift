import ArgumentParser
import LockstepConfiguration

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The daemon: makes what is there fresh, then follows every change.",
        discussion: "Ends on SIGTERM or SIGINT: finishes what is in hand, saves its position, exits 0.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            try await Deployability.check(db)
            try await Daemon.run(
                db, configuration, assembly,
                greeting:
                    "lockstep: watching \(configuration.mongodb.database) at \(configuration.mongodb.redactedURI)"
            )
        }
    }
}
