import CoreMetrics
import LockstepCore
import Synchronization

/// Counts what a watcher has read and done, for its status and for swift-metrics.
package final class Statistics: Sendable {
    package struct Counts: Sendable, Equatable {
        package var inserts = 0
        package var updates = 0
        package var replaces = 0
        package var deletes = 0
        package var modelCalls = 0
        package var modelInputs = 0
        package var outputs = 0
        package var removed = 0
        package var superseded = 0
        package var fresh = 0
        package var parked = 0
        package var retries = 0
        package var positionsSaved = 0
    }

    package let factory: any MetricsFactory
    package let recent = RecentChanges()
    private let state = Mutex(Counts())
    private let byListener = Mutex<[String: ListenerStatistics]>([:])
    private let events: (inserts: Counter, updates: Counter, replaces: Counter, deletes: Counter)
    private let positions: Counter

    package init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        events = (
            Metric.events.counter(factory, "insert"), Metric.events.counter(factory, "update"),
            Metric.events.counter(factory, "replace"), Metric.events.counter(factory, "delete")
        )
        positions = Metric.positionsSaved.counter(factory)
    }

    package var counts: Counts {
        state.withLock { $0 }
    }

    /// The listener's own, kept from session to session.
    package func of(_ listener: Listener) -> ListenerStatistics {
        byListener.withLock { known in
            if let statistics = known[listener.id] { return statistics }
            let statistics = ListenerStatistics(listener, self)
            known[listener.id] = statistics
            return statistics
        }
    }

    package func add(_ change: (inout Counts) -> Void) {
        state.withLock { change(&$0) }
    }

    package func add(_ new: EventCounts) {
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

    package func addScanned(_ documents: Int, in collection: String) {
        Metric.reconciled.counter(factory, collection).increment(by: documents)
    }

    package func addSavedPosition() {
        state.withLock { $0.positionsSaved += 1 }
        positions.increment()
    }
}

/// The changes of one batch of the stream, by operation, without Lockstep's own writes.
package struct EventCounts: Sendable, Equatable {
    package var inserts = 0
    package var updates = 0
    package var replaces = 0
    package var deletes = 0
}
