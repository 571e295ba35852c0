import ArgumentParser
import Foundation
import LockstepConfiguration

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The daemon: makes what is there fresh, then follows every change.",
        discussion: """
            Ends on SIGTERM or SIGINT: finishes what is in hand, for up to 5 seconds, saves its position, exits 0. \
            SIGHUP makes it take a changed configuration; see `lockstep reload`.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(help: "Print what would be computed and removed, as `lockstep plan` does, and do nothing.")
    var dryRun = false

    func run() async throws {
        if dryRun { return try await ending { try await DryRun(options: options).run() } }
        let signals = StopSignals { _, _ in
            // Nothing has begun yet.
            Terminal.note("lockstep: stopped")
            _exit(0)
        }
        let hangUps = HangUps.caught()
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            try await DatabaseCheck.check(db)
            await Warnings.tell(of: db)
            let (database, uri) = (configuration.mongodb.database, configuration.mongodb.redactedURI)
            try await Daemon.run(
                db, configuration, assembly,
                Daemon.StartMessage(
                    database: database, uri: uri, text: "lockstep: watching \(database) at \(uri)",
                    isJSON: options.json),
                signals, hangUps)
        }
    }
}
