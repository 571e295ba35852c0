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
            let checkpoint = try await db.checkpoint()
            let lease = try await db.lease()
            let now = try await db.clusterTime()
            let lag = lag(checkpoint?.position, now: now)
            if options.json {
                Terminal.print(json(reports, checkpoint, lag, lease).json)
            } else {
                Terminal.print(ReportTable.text(reports))
                for line in ReportTable.refusals(reports) { Terminal.print(line) }
                Terminal.print(text(checkpoint, lag, isStandalone: !db.deployment.hasChangeStreams))
                Terminal.print(text(lease))
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
            api: DaemonAPI(server), interval: interval.duration, isJSON: options.json
        ).run()
    }

    /// Seconds of the cluster between now and the position.
    private func lag(_ position: Position?, now: BSONTimestamp?) -> Int? {
        guard let position, let now else { return nil }
        return max(0, Int(now.seconds) - Int(position.clusterTime.seconds))
    }

    private func text(_ lease: LeaseStore.Entry?) -> String {
        guard let lease, lease.isAlive else { return "no `lockstep run` follows this database now" }
        return "followed by \(lease.holderText) since \(Terminal.date(lease.since))"
    }

    private func json(
        _ reports: [ListenerReport], _ checkpoint: Checkpoint?, _ lag: Int?, _ lease: LeaseStore.Entry?
    ) -> BSONDocument {
        [
            "listeners": BSONValue(reports.map { BSONValue($0.document) }),
            "ok": BSONValue(reports.allSatisfy(\.isFresh)),
            "position": checkpoint?.position.map { BSONValue(timestamp: $0.clusterTime) } ?? .null,
            "lagSeconds": lag.map { BSONValue($0) } ?? .null,
            "lease": lease.map { BSONValue($0.document) } ?? .null,
        ]
    }

    private func text(_ checkpoint: Checkpoint?, _ lag: Int?, isStandalone: Bool) -> String {
        guard !isStandalone else { return "standalone server: no change stream, no position" }
        guard let checkpoint, let position = checkpoint.position, let lag else {
            return "no position yet: `lockstep run` has not been started on this database"
        }
        let date = Terminal.date(Int64(position.clusterTime.seconds) * 1000)
        let state =
            checkpoint.isComplete ? "" : "; documents that were there before are still being looked through"
        return
            "position \(date), \(Terminal.duration(.seconds(lag))) behind\(state)"
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
        let counts = ["DOCUMENTS", "FRESH", "STALE", "MISSING", "EXTRA", "FAILED"]
        let places = ["COLLECTION", "KEY", "MODEL"] + (isNamed ? ["LISTENER", "OUTPUT"] : [])
        var table = Table(
            header: places + counts,
            rows: reports.map { report in
                [report.on, report.key, report.model] + (isNamed ? [report.id, report.output] : [])
                    + [
                        report.documents, report.fresh, report.stale, report.missing, report.extra,
                        report.failed,
                    ].map(String.init)
            })
        table.color = { column, cell in
            guard column > places.count + 1, cell != "0" else { return nil }
            return column == places.count + counts.count - 1 ? .red : .yellow
        }
        return table.text(width: Terminal.outWidth, style: .out)
    }
}
