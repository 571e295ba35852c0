import CoreMetrics
import Synchronization

/// What a watcher has seen and done, counted for people and told to swift-metrics.
final class Statistics: Sendable {
    struct Counts: Sendable, Equatable {
        var inserts = 0
        var updates = 0
        var replaces = 0
        var deletes = 0
        var modelCalls = 0
        var modelInputs = 0
        var outputs = 0
        var removed = 0
        var superseded = 0
        var fresh = 0
        var parked = 0
        var retries = 0
        var positionsSaved = 0
    }

    let factory: any MetricsFactory
    let recent = RecentChanges()
    let tallies = Tallies()
    let audit = AuditRecord()
    private let state = Mutex(Counts())
    private let byListener = Mutex<[String: ListenerStatistics]>([:])
    private let events: (inserts: Counter, updates: Counter, replaces: Counter, deletes: Counter)
    private let positions: Counter

    init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        events = (
            Metric.events.counter(factory, "insert"), Metric.events.counter(factory, "update"),
            Metric.events.counter(factory, "replace"), Metric.events.counter(factory, "delete")
        )
        positions = Metric.positionsSaved.counter(factory)
    }

    var counts: Counts {
        state.withLock { $0 }
    }

    /// The listener's own, kept from session to session.
    func of(_ listener: Listener) -> ListenerStatistics {
        byListener.withLock { known in
            if let statistics = known[listener.id] { return statistics }
            let statistics = ListenerStatistics(listener, self)
            known[listener.id] = statistics
            return statistics
        }
    }

    func add(_ change: (inout Counts) -> Void) {
        state.withLock { change(&$0) }
    }

    func add(_ new: EventCounts) {
        guard new != EventCounts() else { return }
        state.withLock { counts in
            counts.inserts += new.inserts
            counts.updates += new.updates
            counts.replaces += new.replaces
            counts.deletes += new.deletes
        }
        events.inserts.increment(by: new.inserts)
        events.updates.increment(by: new.updates)
        events.replaces.increment(by: new.replaces)
        events.deletes.increment(by: new.deletes)
    }

    func looked(at documents: Int, in collection: String) {
        Metric.reconciled.counter(factory, collection).increment(by: documents)
    }

    func addSavedPosition() {
        state.withLock { $0.positionsSaved += 1 }
        positions.increment()
    }
}

/// The changes of one batch of the stream, by operation; Lockstep's own writes left aside.
struct EventCounts: Sendable, Equatable {
    var inserts = 0
    var updates = 0
    var replaces = 0
    var deletes = 0
}
