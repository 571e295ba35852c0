import ArgumentParser
import Lockstep
import LockstepConfiguration

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validates the configuration, then MongoDB and each model.")

    @OptionGroup var options: CommonOptions

    private static let rights = "rights"

    private struct Finding {
        let what: String
        let isGood: Bool
        /// Lockstep works with it, and yet it is a likely mistake.
        var isWarning = false
        let detail: String
        var status = Failure.Status.wrong
    }

    func run() async throws {
        let findings = await findings()
        report(findings)
        if let worst = findings.first(where: { !$0.isGood }) { throw ExitCode(worst.status.rawValue) }
    }

    private func findings() async -> [Finding] {
        let configuration: Configuration
        let assembly: Assembly
        do {
            configuration = try options.configuration()
            // The notes on models are findings here.
            assembly = try options.assembly(configuration, logsNotes: false)
        } catch {
            return [
                Finding(what: "configuration", isGood: false, detail: "\(error)", status: .badConfiguration)
            ]
        }
        StopSignals.end(assembly)
        defer { assembly.shutdown() }
        var findings = [Finding(what: "configuration", isGood: true, detail: options.config)]
        var samples: [String: BSONValue] = [:]
        var found: Database?
        do {
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            found = db
            findings += try await server(db, configuration)
            // Who may not read is told so once.
            if findings.allSatisfy({ $0.isGood || $0.what != Self.rights }) {
                samples = try await db.listenerCheck.sampleInputs()
            }
        } catch let failure as Failure {
            findings.append(
                Finding(
                    what: failure.status == .badConfiguration ? "configuration" : "mongodb", isGood: false,
                    detail: failure.description, status: failure.status))
        } catch {
            findings.append(
                Finding(what: "mongodb", isGood: false, detail: "\(error)", status: .unavailable))
        }
        let calls = CommandCalls()
        for (name, model) in assembly.models.sorted(by: { $0.key < $1.key }) {
            let listeners = assembly.listeners.filter { $0.modelName == name }
            findings.append(await answer(name, calls.counted(model), samples[name], listeners))
            findings += configuration.notes(on: name).map {
                Finding(what: "model \(name)", isGood: true, isWarning: true, detail: $0)
            }
        }
        await found?.save(calls)
        return findings
    }

    private func report(_ findings: [Finding]) {
        if options.json {
            let list = findings.map { finding -> BSONValue in
                [
                    "what": BSONValue(finding.what), "ok": BSONValue(finding.isGood),
                    "warning": BSONValue(finding.isWarning), "detail": BSONValue(finding.detail),
                ]
            }
            let document: BSONDocument = [
                "checks": BSONValue(list), "ok": BSONValue(findings.allSatisfy(\.isGood)),
            ]
            Terminal.print(document.json)
        } else {
            for finding in findings {
                let verdict =
                    finding.isWarning
                    ? Style.out.paint("warn  ", .yellow)
                    : Style.out.paint(
                        finding.isGood ? "ok    " : "FAILED", finding.isGood ? .green : .red)
                Terminal.print("\(verdict) \(finding.what): \(finding.detail)")
            }
        }
    }
}

// MARK: MongoDB

extension Check {
    private func server(_ db: Database, _ configuration: Configuration) async throws -> [Finding] {
        var findings: [Finding] = []
        let deployment = db.deployment
        let kind =
            switch deployment.kind {
            case .standalone:
                "a standalone server, without change streams: writes by others are found every \(Terminal.duration(configuration.reconcileEvery))"
            case .replicaSet: "a replica set"
            case .sharded: "a sharded cluster"
            }
        findings.append(
            Finding(
                what: "mongodb", isGood: true,
                detail: "MongoDB \(deployment.version) at \(configuration.mongodb.redactedURI), \(kind)"))
        do {
            findings += try await DatabaseCheck.problems(db).map {
                Finding(what: "collection", isGood: false, detail: $0, status: .badConfiguration)
            }
            try await db.rights.run()
            findings.append(
                Finding(
                    what: Self.rights, isGood: true,
                    detail: "reads and writes `\(configuration.mongodb.database)`"))
        } catch {
            findings.append(
                Finding(what: Self.rights, isGood: false, detail: "\(error)", status: .unavailable))
            return findings
        }
        let refused = try await DatabaseCheck.refusedFilters(db)
        guard refused.isEmpty else {
            // What else is to be said of the listeners is asked with their filters.
            return findings
                + refused.map {
                    Finding(what: "where", isGood: false, detail: $0, status: .badConfiguration)
                }
        }
        findings += try await outputs(db)
        if deployment.kind == .replicaSet {
            findings.append(await majority(db))
            findings.append(await oplog(db))
        }
        return try await findings + mistakes(db)
    }

    /// Likely mistakes in the listeners.
    private func mistakes(_ db: Database) async throws -> [Finding] {
        var seen: Set<String> = []
        return try await db.warnings().filter { seen.insert($0.description).inserted }.map { warning in
            Finding(
                what: warning.code == ListenerWarning.emptyDatabase
                    ? "database" : "listener \(warning.listener)",
                isGood: true, isWarning: true, detail: "\(warning.message). \(warning.hint)")
        }
    }

    /// What the collections will refuse of the outputs, as far as it is known beforehand.
    private func outputs(_ db: Database) async throws -> [Finding] {
        do {
            let warnings = try await db.listenerCheck.ruleWarnings()
            return warnings.map {
                Finding(
                    what: "outputs", isGood: !$0.isCertain, isWarning: !$0.isCertain, detail: $0.text)
            }
        } catch let error as MongoError where error.isAboutRights {
            return []
        }
    }

    private func majority(_ db: Database) async -> Finding {
        do {
            try await db.rights.checkMajority()
            return Finding(what: "majority", isGood: true, detail: "of the replica set acknowledges writes")
        } catch let error as MongoError where error.isAboutMajority {
            return Finding(
                what: "majority", isGood: false, detail: error.hint ?? "\(error)", status: .unavailable)
        } catch {
            return Finding(what: "majority", isGood: false, detail: "\(error)", status: .unavailable)
        }
    }

    private func oplog(_ db: Database) async -> Finding {
        do {
            let window = Terminal.duration(.seconds(try await db.inspection.oplogWindow()))
            return Finding(
                what: "oplog", isGood: true,
                detail: "reaches back \(window) by now: after a longer downtime all documents are rescanned"
            )
        } catch {
            return Finding(
                what: "oplog", isGood: true,
                detail: "its window is not shown to this user (needs `clusterMonitor`); nothing depends on it"
            )
        }
    }
}

// MARK: Models

extension Check {
    private func answer(
        _ name: String, _ model: any Provider, _ sample: BSONValue?, _ listeners: [Listener]
    ) async -> Finding {
        let what = "model \(name)"
        switch await ModelTrial.run(model, sample: sample, listeners) {
        case .answers:
            return Finding(what: what, isGood: true, detail: "answers (version \(model.version))")
        case .waits(let reason): return Finding(what: what, isGood: true, detail: "works: \(reason)")
        case .untried:
            return Finding(
                what: what, isGood: true,
                detail: "not tried: it reads another model's output, and no document has one yet")
        case .refuses(let reason, isDocument: true):
            return Finding(what: what, isGood: false, detail: "refuses the first document: \(reason)")
        case .refuses(let reason, isDocument: false):
            return Finding(
                what: what, isGood: true,
                detail:
                    "answers, and refuses a sample text (\(reason)); there is no document yet to try it with")
        case .unavailable(let reason), .breaks(let reason, _):
            return Finding(what: what, isGood: false, detail: reason, status: .unavailable)
        }
    }
}
