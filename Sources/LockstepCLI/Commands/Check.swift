import ArgumentParser
import Lockstep
import LockstepConfiguration

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validates the configuration, then MongoDB and each model.")

    @OptionGroup var options: CommonOptions

    private struct Finding {
        let what: String
        let isGood: Bool
        let detail: String
        var status = Failure.Status.wrong
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            defer { assembly.shutdown() }
            var findings = [Finding(what: "configuration", isGood: true, detail: options.config)]
            var samples: [String: BSONValue] = [:]
            do {
                let db = try await options.connect(configuration, listeners: assembly.listeners)
                findings += try await server(db, configuration)
                samples = try await db.sampleInputs()
            } catch let failure as Failure {
                findings.append(
                    Finding(
                        what: "mongodb", isGood: false, detail: failure.description, status: failure.status))
            } catch let error as MongoError {
                findings.append(
                    Finding(what: "mongodb", isGood: false, detail: error.description, status: .unavailable))
            }
            for (name, model) in assembly.models.sorted(by: { $0.key < $1.key }) {
                findings.append(await answer(name, model, samples[name]))
            }
            report(findings)
            if let worst = findings.first(where: { !$0.isGood }) { throw ExitCode(worst.status.rawValue) }
        }
    }

    private func server(_ db: Database, _ configuration: Configuration) async throws -> [Finding] {
        var findings: [Finding] = []
        let deployment = db.deployment
        let kind =
            switch deployment.kind {
            case .standalone:
                "a standalone server, without change streams: writes by others are found every \(configuration.reconcileEvery)"
            case .replicaSet: "a replica set"
            case .sharded: "a sharded cluster"
            }
        findings.append(
            Finding(
                what: "mongodb", isGood: true,
                detail: "MongoDB \(deployment.version) at \(configuration.mongodb.redactedURI), \(kind)"))
        let problems = try await Deployability.problems(db)
        findings += problems.map {
            Finding(what: "collection", isGood: false, detail: $0, status: .badConfiguration)
        }
        do {
            try await db.checkRights()
            findings.append(
                Finding(
                    what: "rights", isGood: true,
                    detail: "reads and writes `\(configuration.mongodb.database)`"))
        } catch let error as MongoError {
            findings.append(Finding(what: "rights", isGood: false, detail: "\(error)", status: .unavailable))
        }
        if deployment.hasChangeStreams { findings.append(await oplog(db)) }
        return findings
    }

    private func oplog(_ db: Database) async -> Finding {
        do {
            let hours = Double(try await db.oplogWindow()) / 3600
            let rounded = (hours * 10).rounded() / 10
            return Finding(
                what: "oplog", isGood: true,
                detail: "reaches back \(rounded) h: Lockstep may be down for that long")
        } catch {
            return Finding(
                what: "oplog", isGood: true,
                detail: "its window is not shown to this user (needs `clusterMonitor`); nothing depends on it"
            )
        }
    }

    private func answer(_ name: String, _ model: AnyModel, _ sample: BSONValue?) async -> Finding {
        let input = sample ?? "a text to try the model with"
        do {
            let result = try await model.predict([input]).first
            switch result {
            case .success:
                return Finding(
                    what: "model \(name)", isGood: true, detail: "answers (version \(model.version))")
            case .failure(let error) where sample == nil:
                return Finding(
                    what: "model \(name)", isGood: true,
                    detail:
                        "answers, and refuses a sample text (\(error)); there is no document yet to try it with"
                )
            case .failure(let error):
                return Finding(
                    what: "model \(name)", isGood: false, detail: "refuses the first document: \(error)")
            case nil: return Finding(what: "model \(name)", isGood: false, detail: "gave no answer")
            }
        } catch {
            return Finding(what: "model \(name)", isGood: false, detail: "\(error)", status: .unavailable)
        }
    }

    private func report(_ findings: [Finding]) {
        if options.json {
            let list = findings.map { finding -> BSONValue in
                [
                    "what": BSONValue(finding.what), "ok": BSONValue(finding.isGood),
                    "detail": BSONValue(finding.detail),
                ]
            }
            let document: BSONDocument = [
                "checks": BSONValue(list), "ok": BSONValue(findings.allSatisfy(\.isGood)),
            ]
            Terminal.print(document.json)
        } else {
            for finding in findings {
                Terminal.print("\(finding.isGood ? "ok    " : "FAILED") \(finding.what): \(finding.detail)")
            }
        }
    }
}
