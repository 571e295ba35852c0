import ArgumentParser
import Foundation
import Lockstep
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
            try await Deployability.check(db)
            let reports = try await db.audit(progress: ProgressReport.make())
            let daemon = DaemonView(
                checkpoint: try await db.checkpoint(), lease: try await db.lease(),
                now: try await db.clusterTime(), listeners: assembly.listeners.map(\.signature))
            let warnings = try await db.warnings()
            if options.json {
                Terminal.print(json(reports, daemon, warnings).json)
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

    private func json(
        _ reports: [ListenerReport], _ daemon: DaemonView, _ warnings: [ListenerWarning]
    ) -> BSONDocument {
        [
            "listeners": BSONValue(reports.map { BSONValue($0.document) }),
            "ok": BSONValue(reports.allSatisfy(\.isFresh)),
            "position": daemon.position.map { BSONValue(timestamp: $0.clusterTime) } ?? .null,
            "lagSeconds": daemon.lag.map { BSONValue($0) } ?? .null,
            "lease": daemon.lease.map { BSONValue($0.document) } ?? .null,
            "audit": AuditText.json(daemon.checkpoint?.audit),
            "warnings": BSONValue(warnings.map { BSONValue($0.document) }),
        ]
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
            api: DaemonAPI(server), interval: interval.duration, isJSON: options.json
        ).run()
    }
}

/// The tallies of an audit as a table.
enum ReportTable {
    /// Why MongoDB refuses outputs, a line for each listener.
    static func refusals(_ reports: [ListenerReport]) -> [String] {
        reports.compactMap { report in
            report.refusal.map {
                "\(report.model) on \(report.on): \($0). `lockstep run` retries by itself then, and so does `lockstep verify --repair`"
            }
        }
    }

    static func text(_ reports: [ListenerReport]) -> String {
        // With `as`, collection, key and model do not say which listener it is.
        let isNamed = reports.contains { $0.id != "\($0.on)/\($0.key)/\($0.model)" }
        let counts = ["DOCUMENTS", "FRESH", "STALE", "MISSING", "EXTRA", "FAILED", "NO INPUT"]
        let places = ["COLLECTION", "KEY", "MODEL"] + (isNamed ? ["LISTENER", "OUTPUT"] : [])
        var table = Table(
            header: places + counts,
            rows: reports.map { report in
                [report.on, report.key, report.model] + (isNamed ? [report.id, report.output] : [])
                    + [
                        report.documents, report.fresh, report.stale, report.missing, report.extra,
                        report.failed, report.withoutInput,
                    ].map(String.init)
            })
        table.color = { column, cell in
            // What has no input is no fault.
            guard column > places.count + 1, column < places.count + counts.count - 1, cell != "0" else {
                return nil
            }
            return column == places.count + counts.count - 2 ? .red : .yellow
        }
        return table.text(width: Terminal.outWidth, style: .out)
    }
}
