import ArgumentParser
import Lockstep
import LockstepAPI

struct FailuresList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The parked documents, with reason and attempts; with --json one a line.")

    @OptionGroup var options: CommonOptions

    @Option(help: "Only those of this listener, by its id, as docs/text/words.")
    var listener: String?

    @Flag(help: "Group them by listener and reason, the most frequent first.")
    var byReason = false

    @Option(help: "Show at most so many; 0 shows all. (default: 100, with --json all)")
    var limit: Int?

    /// What fits a person's patience.
    private static let mostShown = 100

    func validate() throws {
        guard limit ?? 0 >= 0 else { throw ValidationError("--limit takes 0 or more, not \(limit ?? 0)") }
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let db = try await options.connect(configuration)
            try await Failures.check(listener, configuration, db)
            let limit = limit ?? (options.json ? 0 : Self.mostShown)
            if byReason {
                try await showGroups(db, limit)
            } else if options.json {
                try await db.parked.forEach(listener: listener, limit: limit) {
                    try Terminal.print(json: API.ParkedDocument($0))
                }
            } else {
                try await showDocuments(db, limit)
            }
        }
    }

    private func showDocuments(_ db: Database, _ limit: Int) async throws {
        let page = try await db.parked.page(
            listener: listener, after: nil, limit: limit == 0 ? Int(Int32.max) - 1 : limit)
        guard !page.failures.isEmpty else {
            Terminal.print(nothing)
            return
        }
        var table = Table(
            header: ["LISTENER", "DOCUMENT", "ATTEMPTS", "SINCE", "REASON"],
            rows: page.failures.map { failure in
                [
                    failure.listener, failure.documentID.json, String(failure.attempts),
                    Terminal.date(failure.since), failure.reason,
                ]
            })
        table.color = { column, _ in column == 4 ? .red : nil }
        Terminal.print(table.text(width: Terminal.outWidth, style: .out))
        let more = page.total - page.failures.count
        if more > 0 {
            Terminal.print(
                "… and \(Terminal.count(more, "document")) more: `--limit 0` shows all, `--by-reason` groups them"
            )
        }
    }

    private func showGroups(_ db: Database, _ limit: Int) async throws {
        let (groups, hasMore) = try await db.parked.groups(listener: listener, limit: limit)
        if options.json {
            for group in groups { try Terminal.print(json: API.ParkedGroup(group)) }
            return
        }
        guard !groups.isEmpty else {
            Terminal.print(nothing)
            return
        }
        var table = Table(
            header: ["DOCUMENTS", "LISTENER", "SINCE", "EXAMPLE", "REASON"],
            rows: groups.map { group in
                [
                    String(group.count), group.listener, Terminal.date(group.since), group.example.json,
                    group.reason,
                ]
            })
        table.color = { column, _ in column == 4 ? .red : nil }
        Terminal.print(table.text(width: Terminal.outWidth, style: .out))
        if hasMore { Terminal.print("… and more reasons: `--limit 0` shows all") }
    }

    private var nothing: String {
        listener.map { "no document of \($0) is parked" } ?? "no document is parked"
    }
}
