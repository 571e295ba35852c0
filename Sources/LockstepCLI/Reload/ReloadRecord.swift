import Foundation
import Lockstep

/// The result of the last reload, in `lockstep.reloads`: `lockstep reload` sends a signal and reads the answer there.
struct ReloadRecord: Sendable {
    enum Outcome: String, Sendable {
        /// The listeners are those of the file now.
        case taken
        /// The listeners of the file were running already.
        case unchanged
        /// The file is bad, or a new model does not work: the old configuration stays.
        case refused
    }

    var pid: Int
    /// The path of the file that was read.
    var file: String
    var fingerprint: String
    var outcome: Outcome
    /// Why it was refused.
    var problems: [String] = []
    /// The models that do not work.
    var modelsOut: [String] = []
    var change = ConfigurationChange()
    /// Reloads of all daemons so far.
    var count = 0

    /// A hash of a file's contents; nil when it cannot be read.
    static func fingerprint(ofFile file: String) -> String? {
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        return hex(Fingerprint(of: [BSONValue(binary: Array(data))]).bytes)
    }
}

extension ReloadRecord {
    var document: BSONDocument {
        func list(_ texts: [String]) -> BSONValue { BSONValue(texts.map { BSONValue($0) }) }
        return [
            "pid": BSONValue(pid), "file": BSONValue(file), "fingerprint": BSONValue(fingerprint),
            "outcome": BSONValue(outcome.rawValue), "problems": list(problems), "modelsOut": list(modelsOut),
            "added": list(change.added),
            "removed": list(change.removed), "changed": list(change.changed),
            "keptModels": list(change.keptModels), "needRestart": list(change.needRestart),
        ]
    }

    /// Nil when it was written by hand or by another version.
    init?(_ document: BSONDocument) {
        guard let pid = document["pid"]?.int, let file = document["file"]?.string,
            let fingerprint = document["fingerprint"]?.string,
            let outcome = document["outcome"]?.string.flatMap(Outcome.init)
        else { return nil }
        func list(_ name: String) -> [String] { document[name]?.array?.compactMap(\.string) ?? [] }
        self.init(
            pid: pid, file: file, fingerprint: fingerprint, outcome: outcome, problems: list("problems"),
            modelsOut: list("modelsOut"),
            change: ConfigurationChange(
                added: list("added"), removed: list("removed"), changed: list("changed"),
                keptModels: list("keptModels"), needRestart: list("needRestart")),
            count: document["count"]?.int ?? 0)
    }

    func save(_ db: Database) async throws {
        try await db.orders.saveReload(document)
    }

    static func load(_ db: Database) async throws -> ReloadRecord? {
        try await db.orders.lastReload().flatMap(ReloadRecord.init)
    }
}
