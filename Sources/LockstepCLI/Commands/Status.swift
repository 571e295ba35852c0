import ArgumentParser
import Foundation
import Lockstep
import LockstepAPI
import LockstepConfiguration

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How many documents are fresh, listener by listener, and where the stream is.",
        discussion: """
            Without --watch it counts the documents itself. With --watch it asks the running lockstep, at the `server` of \
            the configuration, again and again: on a terminal it shows that until q or Ctrl-C, elsewhere it prints a \
            block each time, with --json a line.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(help: "Show the state of the running lockstep until it is interrupted.")
    var watch = false

    @Option(help: "How often --watch looks, as 2 or 500ms. (default: 1s)", transform: TimeArgument.init)
    var interval = TimeArgument.seconds(1)

    func validate() throws {
        guard interval.duration >= .milliseconds(100), interval.duration <= .seconds(86400) else {
            throw ValidationError("--interval takes 100ms to 1d, not \(interval)")
        }
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            guard !watch else { return try await follow(configuration) }
            let assembly = try options.assembly(configuration)
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            try await DatabaseCheck.check(db)
            let reports = try await db.audit(progress: ProgressReport.make())
            let daemon = DaemonView(
                checkpoint: try await db.daemon.checkpoint(), lease: try await db.daemon.lease(),
                now: try await db.daemon.clusterTime(), listeners: assembly.listeners.map(\.signature))
            let warnings = try await db.warnings()
            if options.json {
                try Terminal.print(json: API.StatusReport(reports, daemon, warnings))
            } else {
                Terminal.print(ReportTable.text(reports))
                for line in ReportTable.refusals(reports) { Terminal.print(line) }
                for line in daemon.lines(isStandalone: !db.deployment.hasChangeStreams) {
                    Terminal.print(line)
                }
                if db.deployment.hasChangeStreams, let text = AuditText.state(daemon.checkpoint?.audit) {
                    Terminal.print(text)
                }
                for text in Warnings.texts(warnings) {
                    Terminal.print(Style.out.paint("warning: \(text)", .yellow))
                }
            }
        }
    }

    private func follow(_ configuration: Configuration) async throws {
        guard let server = configuration.server else {
            throw Failure(
                .badConfiguration,
                "\(options.config): `server` is off, so that no running lockstep can be asked: take `server: off` out and start it again"
            )
        }
        guard server.port != 0 else {
            throw Failure(
                .badConfiguration,
                "\(options.config): with `port: 0` the running lockstep takes any port: write one, as `port: 7077`"
            )
        }
        try await StatusWatch(
            client: DaemonClient(server), interval: interval.duration, isJSON: options.json
        ).run()
    }
}
