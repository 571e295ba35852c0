public import Lockstep
import LockstepAPI
import Synchronization

/// A watched database, and what the server has seen of it.
public final class WatchedDatabase: Sendable {
    private struct Samples {
        var rates = Rates()
        var history = History()
    }

    let watcher: DatabaseWatcher
    let db: Database
    private let samples = Mutex(Samples())

    public init(_ watcher: DatabaseWatcher, of db: Database) {
        self.watcher = watcher
        self.db = db
    }

    /// There are no change streams, and so no positions.
    private var isStandalone: Bool { !db.deployment.hasChangeStreams }

    var history: [API.HistoryPoint] {
        samples.withLock { $0.history.points }
    }

    func has(listener id: String) -> Bool {
        db.listeners.contains { $0.id == id }
    }

    /// Notes the present counts, for rates and history.
    func sample() {
        let status = watcher.glance()
        samples.withLock { samples in
            samples.rates.note(status, at: .now)
            samples.history.note(status, at: .now)
        }
    }

    func readiness(maxLag: Duration) -> API.Readiness {
        API.Readiness(watcher.glance(), maxLag: maxLag, isStandalone: isStandalone)
    }

    /// What is known now; see ``countedStatus(maxLag:)``.
    func status(maxLag: Duration) -> API.DatabaseStatus {
        describe(watcher.status(), maxLag)
    }

    /// The same once the documents are counted.
    func countedStatus(maxLag: Duration) async -> API.DatabaseStatus {
        describe(await watcher.countedStatus(), maxLag)
    }

    private func describe(_ status: WatcherStatus, _ maxLag: Duration) -> API.DatabaseStatus {
        API.DatabaseStatus(
            db.name, status, rates: samples.withLock { $0.rates }, maxLag: maxLag, isStandalone: isStandalone)
    }
}
