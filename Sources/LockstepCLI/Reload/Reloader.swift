import Foundation
import Lockstep
import LockstepConfiguration
import Logging

/// Applies a changed configuration to a running daemon, at its present position.
struct Reloader: Sendable {
    let file: String
    let db: Database
    let watcher: DatabaseWatcher
    let live: LiveConfiguration
    /// The daemon has a MongoDB of its own.
    let ignoresURI: Bool
    let log = Logger(label: "lockstep")

    /// Reads the file again for each request, until the task is cancelled.
    func run(_ requests: AsyncStream<Void>) async {
        for await _ in requests {
            let record = await reload()
            do {
                try await record.save(db)
            } catch {
                log.warning(
                    "what came of the reload could not be stored, so that `lockstep reload` may not know: \(error)"
                )
            }
        }
    }

    private func reload() async -> ReloadRecord {
        var record = ReloadRecord(
            pid: Int(ProcessInfo.processInfo.processIdentifier),
            file: URL(fileURLWithPath: file).standardizedFileURL.path,
            fingerprint: ReloadRecord.fingerprint(ofFile: file) ?? "", outcome: .refused)
        do {
            record.change = try await take()
            record.outcome = record.change.isNothing ? .unchanged : .taken
            log.notice("\(file) was read anew: \(record.change.text)")
            if let text = record.change.restartText { log.warning("\(file): \(text)") }
        } catch {
            record.problems = "\(error)".split(separator: "\n").map(String.init)
            record.modelsOut = (error as? ModelsOut)?.names ?? []
            log.error(
                "\(file) was not taken, the configuration from before goes on:\n\(record.problems.joined(separator: "\n"))"
            )
        }
        return record
    }

    private func take() async throws -> ConfigurationChange {
        let configuration = try Configuration.load(file: file)
        let old = live.now
        let assembly = try configuration.assemble(reusing: old.assembly)
        let change = ConfigurationChange(
            from: old, to: (configuration, assembly), ignoresURI: ignoresURI)
        try await DatabaseCheck.check(db, listeners: assembly.listeners)
        for warning in configuration.warnings { log.warning("\(warning)") }
        for text in Warnings.texts((try? await db.listenerCheck.warnings(about: assembly.listeners)) ?? []) {
            log.warning("\(text)")
        }
        live.begin(assembly)
        do {
            try await tryModels(of: assembly, except: Set(change.keptModels))
            if !change.isNothing { try db.setListeners(assembly.listeners) }
        } catch {
            await blocking { live.abandon(assembly) }
            throw error
        }
        if !change.isNothing {
            log.info("\(file): \(change.text); what models compute is finished first")
            // The old models are in use until then.
            while !watcher.hasListenersOfNow {
                // The daemon ends, and all models with it.
                do { try await Task.sleep(for: .milliseconds(5)) } catch { return change }
            }
        }
        // What needs a restart keeps its old value, so that the next reload reports it too.
        var taken = configuration
        taken.mongodb = old.configuration.mongodb
        taken.server = old.configuration.server
        taken.reconcileEvery = old.configuration.reconcileEvery
        taken.auditEvery = old.configuration.auditEvery
        await blocking { [taken] in live.take(taken, assembly) }
        return change
    }

    /// Starts the new models and asks each for one input. They keep running for the listeners.
    private func tryModels(of assembly: Assembly, except kept: Set<String>) async throws {
        let used = Dictionary(grouping: assembly.listeners, by: \.modelName)
        let new = assembly.models.filter { used[$0.key] != nil && !kept.contains($0.key) }
        guard !new.isEmpty else { return }
        // Without a document a made-up text is the input.
        let samples = (try? await db.listenerCheck.sampleInputs(of: assembly.listeners)) ?? [:]
        let calls = CommandCalls()
        let trials = await withTaskGroup(of: (String, ModelTrial).self) { group in
            for (name, model) in new {
                group.addTask(executorPreference: db.blockingThreads) {
                    (
                        name,
                        await ModelTrial.run(calls.counted(model), sample: samples[name], used[name] ?? [])
                    )
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        await db.save(calls)
        try Task.checkCancellation()
        let out = trials.compactMap { name, trial in trial.outage.map { (name, $0) } }
        guard out.isEmpty else { throw ModelsOut(out) }
    }

    private func blocking(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                body()
                continuation.resume()
            }
        }
    }
}
