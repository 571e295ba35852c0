import ArgumentParser
import Lockstep
import LockstepAPI
import LockstepConfiguration

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Audits every document; exits 1 if anything is not fresh.",
        discussion:
            "Changes that a running `lockstep run` has not come to yet count as not fresh: see `lockstep wait`."
    )

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
            StopSignals.end(assembly)
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            try await DatabaseCheck.check(db)
            var (reports, recomputed) = try await audit(db, distrusts: repair)
            var stopped: String?
            // What cannot be made fresh may not be parked yet.
            if repair, reports.contains(where: { $0.canBeRepaired || $0.failed > 0 }) {
                try await tryModels(of: reports, assembly, db)
                do {
                    try await DatabaseWatcher(db: db).repair(progress: ProgressReport.make())
                } catch LockstepError.refused(let reason) {
                    stopped = reason
                }
                (reports, recomputed) = try await audit(db, distrusts: false)
            }
            let isFresh = reports.allSatisfy(\.isFresh)
            if options.json {
                let listeners = reports.enumerated().map { place, report in
                    API.ListenerReport(report, recomputed: recompute ? recomputed[place] : nil)
                }
                try Terminal.print(json: API.VerifyReport(listeners: listeners, ok: isFresh))
            } else {
                Terminal.print(ReportTable.text(reports))
                for (listener, report) in zip(db.listeners, recomputed) {
                    Terminal.print("\(listener.id): \(report.summary)")
                }
                Terminal.print(conclusion(reports, db, configuration))
            }
            await Warnings.tell(of: db)
            // Where MongoDB takes no outputs, what is told of each listener says so.
            if !isFresh, let stopped, reports.allSatisfy({ $0.refusal == nil }) {
                throw Failure(.wrong, "\(stopped). Run `lockstep verify --repair` again then")
            }
            if !isFresh { throw ExitCode(1) }
        }
    }

    /// - Parameter distrusts: outputs that the model does not give any more are marked for the repair.
    /// - Returns: for each listener what the audit found, and with `--recompute` what its model gives now.
    private func audit(
        _ db: Database, distrusts: Bool
    ) async throws -> ([ListenerReport], [RecomputationReport]) {
        var reports = try await db.audit(progress: ProgressReport.make())
        guard recompute else { return (reports, []) }
        let recomputed = try await db.recomputation()
        for (index, result) in recomputed.enumerated() {
            let listener = db.listeners[index]
            for id in result.different.prefix(10) {
                Terminal.note(
                    "\(listener.id): the output of document \(id.json) is not what the model gives")
            }
            if result.different.count > 10 {
                Terminal.note("\(listener.id): \(result.different.count - 10) more outputs are not")
            }
            if distrusts { try await db.distrust(result.different, of: listener) }
            reports[index].fresh -= result.different.count
            reports[index].stale += result.different.count
        }
        return (reports, recomputed)
    }

    /// A repair waits for a model until it works; one that does not work at all is told at once.
    private func tryModels(of reports: [ListenerReport], _ assembly: Assembly, _ db: Database) async throws {
        let names = Set(reports.filter(\.canBeRepaired).map(\.model))
        let samples = try await db.listenerCheck.sampleInputs()
        let calls = CommandCalls()
        try await db.recording(calls) {
            for name in names.sorted() {
                guard let sample = samples[name], let model = assembly.models[name] else { continue }
                do {
                    _ = try await calls.counted(model).predict([sample])
                } catch ModelError.unavailable(let reason) {
                    throw Failure(.unavailable, reason)
                } catch ModelError.retryAfter {
                    // It works, and is waited for.
                } catch {
                    // It broke on this input alone, perhaps.
                }
            }
        }
    }

    private func conclusion(
        _ reports: [ListenerReport], _ db: Database, _ configuration: Configuration
    ) -> String {
        let isFresh = reports.allSatisfy(\.isFresh)
        if isFresh, reports.allSatisfy({ $0.documents == 0 }) {
            return "there is nothing to verify: no document has an input"
        }
        if isFresh { return "everything is fresh" }
        var text = "not everything is fresh"
        if reports.contains(where: { $0.canBeRepaired && $0.refusal == nil }), !repair {
            text +=
                ": "
                + AuditText.remedy(
                    every: configuration.auditEvery, hasChangeStreams: db.deployment.hasChangeStreams,
                    reconcileEvery: configuration.reconcileEvery)
        }
        if reports.contains(where: { $0.failed > 0 }) {
            text += "; `lockstep failures list` says what failed"
        }
        return ([text] + ReportTable.refusals(reports)).joined(separator: "\n")
    }
}

extension ListenerReport {
    /// Something is not fresh that is not parked.
    fileprivate var canBeRepaired: Bool {
        stale + missing + extra > 0
    }
}
