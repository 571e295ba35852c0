import ArgumentParser
import Foundation
import Lockstep
import LockstepAPI
import LockstepConfiguration
import LockstepProviders
import Synchronization

struct Probe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Asks a model what it is like: where it cuts texts, how much a request takes, how fast it is.",
        discussion: """
            Sends texts that are built in, and no document: for at most 200,000 tokens and a minute from the first answer \
            on, unless --max-tokens and --max-time say otherwise; a call in flight is waited for. On stderr it says \
            beforehand what that may cost. MongoDB is not needed; where it is there, `lockstep costs` shows the calls. Exits 1 when answers stand at the places of other \
            inputs, or depend on their neighbours.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The model's name in the configuration. Not needed where there is only one.")
    var model: String?

    @Option(help: "Tokens to spend at most.")
    var maxTokens = ProbeBudget().tokens

    @Option(
        help: "How long to ask at most, as 30, 30s or 5m. (default: 60s)", transform: TimeArgument.init)
    var maxTime = TimeArgument.seconds(60)

    func validate() throws {
        guard maxTokens > 0 else { throw ValidationError("--max-tokens takes a number above 0") }
        guard maxTime.duration > .zero else { throw ValidationError("--max-time takes a time above 0") }
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let name = try name(in: configuration)
            let assembly = try options.assembly(configuration)
            defer { assembly.shutdown() }
            StopSignals.end(assembly)
            guard let model = assembly.models[name] else { return }
            let budget = ProbeBudget(tokens: maxTokens, time: maxTime.duration)
            announce(model, budget)
            // What a model over HTTP takes shrinks as it refuses more.
            let limits = model.limits
            let calls = CommandCalls()
            let db = LateDatabase { try? await options.connect(configuration) }
            var findings = try await calls.recording({ await db.connected?.save(calls) }) {
                try await probe(calls.counted(model), assembly.listeners, budget)
            }
            if let remark = configuration.conversion(name)?.remark { findings.remarks.append(remark) }
            let lines = ProbeConfiguration(
                findings: findings, limits: limits, ceiling: configuration.ceiling(name, model))
            try report(findings, price: model.terms.price, lines: lines.text)
            if findings.isUnfit { throw ExitCode(1) }
        }
    }

    private func name(in configuration: Configuration) throws -> String {
        let names = configuration.models.keys.sorted()
        guard let model else {
            guard names.count == 1 else {
                throw Failure(
                    .usage, "which model? There is \(names.map { "`\($0)`" }.joined(separator: ", "))")
            }
            return names[0]
        }
        guard names.contains(model) else {
            let help =
                suggestion(for: model, among: names).map { "did you mean `\($0)`?" }
                ?? "there is \(names.map { "`\($0)`" }.joined(separator: ", "))"
            throw Failure(.usage, "the configuration has no model `\(model)`: \(help)")
        }
        return model
    }

    private func announce(_ model: any Provider, _ budget: ProbeBudget) {
        let price = model.terms.price.map {
            ", which is a price of \(Price.text(Double(budget.tokens) * $0 / 1e6)) at most"
        }
        Terminal.note(
            "asks `\(model.name)` with built-in texts, for at most \(budget.tokens) tokens and \(Terminal.duration(budget.time))\(price ?? "")"
        )
    }

    private func probe(
        _ model: any Provider, _ listeners: [Listener], _ budget: ProbeBudget
    ) async throws -> ProbeFindings {
        let keys = listeners.first { $0.modelName == model.name }?.keys.count ?? 1
        let showsSteps = Terminal.isErrorATerminal && Terminal.logFormat == .text
        defer { if showsSteps { Terminal.show(row: "") } }
        return try await ModelProbe(
            model, input: ProbeInput(keys: model.takesTexts ? 1 : keys), budget: budget
        ) { step in
            if showsSteps { Terminal.show(row: "finds out \(step.text) \(Terminal.ellipsis)") }
        }.run()
    }

    private func report(_ findings: ProbeFindings, price: Double?, lines: String) throws {
        let table = ProbeTable(findings: findings, price: price)
        if options.json {
            try Terminal.print(json: API.ProbeReport(findings, configuration: lines))
            for note in table.notes { Terminal.note(note) }
            return
        }
        Terminal.print(table.text)
        for note in table.notes { Terminal.print("note: \(note)") }
        Terminal.print(
            lines.isEmpty
                ? "\nNothing of this has to be written into \(options.config)."
                : "\nFor \(options.config):\n\n\(lines)")
    }
}

extension Configuration {
    /// What the conversion of a model's files has noted.
    fileprivate func conversion(_ name: String) -> ConversionRecord? {
        (models[name]?.provider as? OpenVINOSpec)?.conversion(in: folder)
    }

    /// The calls at once that `limits` allows of a model; nil where it may not stand.
    fileprivate func ceiling(_ name: String, _ model: any Provider) -> Int? {
        guard models[name]?.provider is HTTPSpec else { return nil }
        return model.terms.concurrency ?? Pacing.defaultCeiling
    }
}

/// MongoDB, where it can be reached; it is tried once.
private final class LateDatabase: Sendable {
    private let connect: @Sendable () async -> Database?
    private let found = Mutex<Database??>(nil)

    init(_ connect: @escaping @Sendable () async -> Database?) {
        self.connect = connect
    }

    var connected: Database? {
        get async {
            if let known = found.withLock({ $0 }) { return known }
            let db = await connect()
            found.withLock { $0 = .some(db) }
            return db
        }
    }
}
