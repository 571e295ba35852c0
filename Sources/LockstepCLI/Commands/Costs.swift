import ArgumentParser
import Lockstep
import LockstepAPI

struct Costs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the models have used and cost, by day (UTC) and model.",
        discussion: """
            Reads `lockstep.ledger`, and `lockstep.batches` for jobs at batch APIs; no lockstep need run. Tokens are the provider's own count where it answers one, \
            else an estimate. The price is what the model's `price` said at the time.
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "How far to look back, as 7d or 24h. (default: 7d)", transform: TimeArgument.init)
    var since = TimeArgument.days(7)

    func run() async throws {
        try await ending {
            let db = try await options.connect(try options.configuration())
            let rows = try await db.costs(since: since.duration)
            let jobs = try await db.batches(since: since.duration).filter { $0.job != nil }
            let report = API.CostsReport(
                rows: rows.map { API.CostsRow($0) }, batches: jobs.map { API.BatchCosts($0) })
            guard !options.json else { return try Terminal.print(json: report) }
            guard !report.rows.isEmpty || !report.batches.isEmpty else {
                Terminal.print("no model that costs something by the call was asked in the last \(since)")
                return
            }
            show(report.rows)
            show(report.batches)
        }
    }

    private func show(_ rows: [API.CostsRow]) {
        guard !rows.isEmpty else { return }
        let table = Table(
            header: ["DAY", "MODEL", "CALLS", "INPUTS", "TOKENS", "NO ANSWER", "PRICE"],
            rows: rows.map { row in
                [row.day, row.model] + [row.calls, row.inputs, row.tokens, row.retries].map(String.init)
                    + [Price.text(row.price)]
            })
        Terminal.print(table.text(width: Terminal.outWidth, style: .out))
        guard rows.count > 1 else { return }
        let (tokens, price) = rows.reduce((0, 0)) { ($0.0 + $1.tokens, $0.1 + $1.price) }
        Terminal.print("in all \(Terminal.count(tokens, "token")), price \(Price.text(price))")
    }

    private func show(_ batches: [API.BatchCosts]) {
        guard !batches.isEmpty else { return }
        let table = Table(
            header: ["DAY", "MODEL", "BATCH JOB", "INPUTS", "TOKENS", "PRICE"],
            rows: batches.map {
                [$0.day, $0.model, $0.job, String($0.inputs), String($0.tokens), Price.text($0.price)]
            })
        Terminal.print(table.text(width: Terminal.outWidth, style: .out))
    }
}

extension API.CostsRow {
    fileprivate init(_ row: LedgerStore.Row) {
        self.init(
            day: row.day, model: row.model, calls: row.counts.calls, inputs: row.counts.inputs,
            tokens: row.counts.tokens, retries: row.counts.retries, price: row.counts.price)
    }
}

extension API.BatchCosts {
    fileprivate init(_ job: BatchJob) {
        self.init(
            day: CalendarTime(milliseconds: job.at).dayText, model: job.model, job: job.job ?? "",
            inputs: job.inputs, tokens: job.tokens ?? 0, price: job.price ?? 0)
    }
}
