import Lockstep
import LockstepAPI
import LockstepConfiguration

/// Finds and prints what `lockstep run` is about to do: writes nothing, and asks no model.
struct DryRun {
    let options: CommonOptions

    func run() async throws {
        let configuration = try options.configuration()
        let assembly = try options.assembly(configuration)
        defer { assembly.shutdown() }
        StopSignals.end(assembly)
        let db = try await options.connect(configuration, listeners: assembly.listeners)
        try await DatabaseCheck.check(db)
        let speeds = await Self.speeds(db, configuration)
        let plans = try await db.plan(perSecond: speeds, progress: ProgressReport.make())
        if options.json {
            try Terminal.print(json: API.PlanReport(plans))
        } else {
            let table = PlanTable(plans: plans)
            Terminal.print(table.text)
            Terminal.print(([table.conclusion] + table.notes).joined(separator: "\n"))
        }
        await Warnings.tell(of: db)
    }

    /// Inputs a second of each listener's model, as a daemon on this machine measures them just now.
    private static func speeds(_ db: Database, _ configuration: Configuration) async -> [String: Double] {
        guard let server = configuration.server, server.port != 0,
            case .here? = try? await db.daemon.lease()?.whereabouts,
            let status = try? await DaemonClient(server).status().status
        else { return [:] }
        let listeners = status.databases.first { $0.name == db.name }?.listeners ?? []
        return Dictionary(
            listeners.filter { $0.predictionsPerSecond > 0 }.map { ($0.id, $0.predictionsPerSecond) },
            uniquingKeysWith: { first, _ in first })
    }
}
