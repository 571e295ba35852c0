import ArgumentParser
import Foundation
import Lockstep

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How many documents are fresh, listener by listener, and where the stream is.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            try await Deployability.check(db)
            let reports = try await db.audit(progress: ProgressBar.onTerminal())
            let checkpoint = try await db.checkpoint()
            let lease = try await db.lease()
            let now = try await db.clusterTime()
            let lag = lag(checkpoint?.position, now: now)
            if options.json {
                Terminal.print(json(reports, checkpoint, lag, lease).json)
            } else {
                Terminal.print(ReportTable.text(reports))
                Terminal.print(text(checkpoint, lag, isStandalone: !db.deployment.hasChangeStreams))
                Terminal.print(text(lease))
            }
        }
    }

    /// Seconds of the cluster between now and the position.
    private func lag(_ position: Position?, now: BSONTimestamp?) -> Int? {
        guard let position, let now else { return nil }
        return max(0, Int(now.seconds) - Int(position.clusterTime.seconds))
    }

    private func text(_ lease: LeaseStore.Entry?) -> String {
        guard let lease, lease.isAlive else { return "no `lockstep run` follows this database now" }
        return "followed by \(lease.holderText) since \(Self.date(milliseconds: lease.since))"
    }

    private static func date(milliseconds: Int64) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
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
        let date = Self.date(milliseconds: Int64(position.clusterTime.seconds) * 1000)
        let state =
            checkpoint.isComplete ? "" : "; documents that were there before are still being looked through"
        return
            "position \(date), \(Terminal.duration(.seconds(lag))) behind\(state)"
    }
}

/// The tallies of an audit as a table.
enum ReportTable {
    static func text(_ reports: [ListenerReport]) -> String {
        Terminal.table(
            ["COLLECTION", "KEY", "MODEL", "DOCUMENTS", "FRESH", "STALE", "MISSING", "EXTRA", "FAILED"],
            reports.map { report in
                [report.on, report.key, report.model]
                    + [
                        report.documents, report.fresh, report.stale, report.missing, report.extra,
                        report.failed,
                    ].map(String.init)
            })
    }
}
