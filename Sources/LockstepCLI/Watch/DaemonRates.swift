import LockstepAPI

/// Rates of each watched database, from two answers of one daemon.
struct DaemonRates: Equatable {
    private var databases: [String: DatabaseRates] = [:]

    /// Nil when there is nothing to compare: another process answers, or no time has passed.
    init?(from old: API.DeploymentStatus, to new: API.DeploymentStatus, seconds: Double) {
        guard old.pid == new.pid, old.host == new.host, old.startedAt == new.startedAt, seconds > 0 else {
            return nil
        }
        for database in new.databases {
            guard let before = old.databases.first(where: { $0.name == database.name }) else { continue }
            databases[database.name] = DatabaseRates(
                from: before.counts, to: database.counts, seconds: seconds)
        }
    }

    subscript(database: String) -> DatabaseRates? {
        databases[database]
    }
}

struct DatabaseRates: Equatable {
    let changes: Double
    let outputs: Double
    let modelInputs: Double

    init(from old: API.Counts, to new: API.Counts, seconds: Double) {
        func rate(_ count: (API.Counts) -> Int) -> Double {
            Double(max(0, count(new) - count(old))) / seconds
        }
        changes = rate { $0.inserts + $0.updates + $0.replaces + $0.deletes }
        outputs = rate(\.outputs)
        modelInputs = rate(\.modelInputs)
    }
}
