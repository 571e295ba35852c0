import ArgumentParser
import Lockstep

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Audits every document; exits 1 if anything is not fresh.")

    @OptionGroup var options: CommonOptions

    @Flag(help: "Make fresh what is not.")
    var repair = false

    @Flag(help: "Call the models again and compare what is stored; what differs counts as stale.")
    var recompute = false

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            defer { assembly.shutdown() }
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            if repair {
                try await DatabaseWatcher(db: db).repair(progress: ProgressBar.onTerminal())
            }
            var reports = try await db.audit(progress: ProgressBar.onTerminal())
            if recompute { try await compare(db, &reports) }
            let isFresh = reports.allSatisfy(\.isFresh)
            if options.json {
                let listeners = BSONValue(reports.map { BSONValue($0.document) })
                Terminal.print((["listeners": listeners, "ok": BSONValue(isFresh)] as BSONDocument).json)
            } else {
                Terminal.print(ReportTable.text(reports))
                Terminal.print(isFresh ? "everything is fresh" : "not everything is fresh")
            }
            if !isFresh { throw ExitCode(1) }
        }
    }

    private func compare(_ db: Database, _ reports: inout [ListenerReport]) async throws {
        for (index, result) in try await db.recompute().enumerated() {
            reports[index].fresh -= result.different.count
            reports[index].stale += result.different.count
            for id in result.different.prefix(10) {
                Terminal.note(
                    "\(reports[index].on): the output of \(id.json) is not what `\(reports[index].model)` gives"
                )
            }
        }
        guard repair else { return }
        try await DatabaseWatcher(db: db).repair(progress: nil)
    }
}
