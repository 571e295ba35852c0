import Foundation
import Lockstep
import LockstepConfiguration
import Logging

/// Takes a changed configuration into a daemon that runs, without losing the position.
struct Reloader: Sendable {
    let file: String
    let db: Database
    let watcher: DatabaseWatcher
    let live: LiveConfiguration
    /// The daemon has a MongoDB of its own.
    let ignoresURI: Bool
    let log = Logger(label: "lockstep")

    /// Reads the file anew each time it is asked to, until the task is cancelled.
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
        let problems = try await Deployability.problems(db, listeners: assembly.listeners)
        guard problems.isEmpty else { throw Failure(.badConfiguration, problems.joined(separator: "\n")) }
        for warning in configuration.warnings { log.warning("\(warning)") }
        for text in Warnings.texts((try? await db.warnings(about: assembly.listeners)) ?? []) {
            log.warning("\(text)")
        }
        live.begin(assembly)
        if !change.isNothing {
            do {
                try db.setListeners(assembly.listeners)
            } catch {
                await blocking { live.abandon(assembly) }
                throw error
            }
            // Its models are in use until then.
            while !watcher.hasListenersOfNow {
                // The daemon ends, and all models with it.
                do { try await Task.sleep(for: .milliseconds(5)) } catch { return change }
            }
        }
        // What cannot be taken now is compared with what is in force, at the next reload too.
        var taken = configuration
        taken.mongodb = old.configuration.mongodb
        taken.server = old.configuration.server
        taken.reconcileEvery = old.configuration.reconcileEvery
        taken.auditEvery = old.configuration.auditEvery
        await blocking { [taken] in live.take(taken, assembly) }
        return change
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
