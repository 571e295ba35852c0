import LockstepCore
import LockstepSinks
import LockstepState
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Scans collections beside the stream and feeds what is not fresh to the same queue.
///
/// Backfill, recovery after lost history, repair and the audit of standalone servers are its passes; a listener that
/// is behind gets one when its model is back.
package final class Reconciler: Sendable {
    package struct State {
        package var scans: DueScans
        /// The listeners whose parked documents that a person wants tried again are still to be queued, and behind
        /// which entry.
        package var requests: [ListenerRef: BSONDocument?] = [:]
        /// Those of them whose entries are being read.
        package var requesting: Set<ListenerRef> = []
        /// Pages of the periodic audit that were queued.
        package var audits = 0
        /// Pieces of work in progress.
        package var working = 0
        /// Documents of each collection that is scanned, by MongoDB's estimate, for people.
        package var totals: [String: Int] = [:]
        package var passBegan = currentMilliseconds()
        package var auditedFrom: Int64?

        package var isDone: Bool {
            scans.isDone && requests.isEmpty
        }
    }

    package let connection: Connection
    package let listeners: PerListener<Listener>
    package let health: PerListener<ListenerHealth>
    package let queue: WorkQueue
    package let order: ListenerOrder
    package let state: Mutex<State>
    package let statistics: Statistics
    package let inputs: InputCounts
    package let failures: FailureStore
    package let elections: Elections
    private let log: Logger

    package init(
        connection: Connection, listeners: PerListener<Listener>, health: PerListener<ListenerHealth>,
        queue: WorkQueue,
        failures: FailureStore, elections: Elections, plan: StartPlan, statistics: Statistics,
        inputs: InputCounts,
        log: Logger
    ) {
        self.statistics = statistics
        self.inputs = inputs
        self.connection = connection
        self.listeners = listeners
        self.health = health
        self.queue = queue
        self.failures = failures
        self.elections = elections
        self.log = log
        order = ListenerOrder(listeners)
        var state = State(scans: DueScans(listeners, starts: plan.scans))
        // A scan from the beginning finds them by itself.
        for index in listeners.refs where health[index].hasParked && plan.scans[index] != .some(nil) {
            state.requests[index] = .some(nil)
        }
        self.state = Mutex(state)
    }

    /// How far each listener's documents are scanned, by the listener's id.
    package var progress: [String: ScanProgress] {
        state.withLock { $0.scans.progress }
    }

    /// When the last complete scan of everything began, in milliseconds since 1970.
    package var auditedFrom: Int64? {
        state.withLock { $0.auditedFrom }
    }

    /// Nothing is left to scan.
    package var isComplete: Bool {
        state.withLock(\.isDone)
    }

    /// Nothing is left to scan of these listeners.
    package func isComplete(_ concerned: Set<ListenerRef>) -> Bool {
        state.withLock { state in
            concerned.allSatisfy { state.scans.wanted[$0] == nil && state.requests[$0] == nil }
                && state.scans.passes.allSatisfy { concerned.isDisjoint(with: $0.members) }
        }
    }
}

// MARK: What is wanted

extension Reconciler {
    /// Documents of these collections came or went without events of their own.
    package func collectionsChanged(_ collections: [String]) {
        want(listeners.refs.filter { collections.contains(listeners[$0].collection.name) })
    }

    /// All documents of these listeners are to be scanned.
    package func want(_ indices: [ListenerRef]) {
        state.withLock { $0.scans.want(indices) }
    }

    /// Documents of this listener are to be scanned, in no pass yet.
    package func wants(_ listener: ListenerRef) -> Bool {
        state.withLock { $0.scans.wanted[listener] != nil }
    }

    /// Parked documents of this listener are marked to be tried again.
    package func wantRequests(of listener: ListenerRef) {
        state.withLock { $0.requests[listener] = .some(nil) }
    }

    /// Documents that a pass has read for this listener; nil while none runs.
    package func scanned(_ listener: ListenerRef) -> Int? {
        state.withLock { state in
            state.scans.passes.first { $0.members.contains(listener) }?.documents
        }
    }

    package func wantEverything() {
        state.withLock { state in
            state.passBegan = currentMilliseconds()
            state.scans.want(listeners.refs)
        }
    }

    /// Marks a listener as behind when its pending changes fill the queue.
    package func fallBehind(_ listener: ListenerRef) {
        setBehind(listener)
        guard !health[listener].isHeldBack else { return }
        let why = health[listener].outage == nil ? "is too slow" : "is unavailable"
        log.warning(
            "\(listeners[listener].id): queue full: pending changes dropped, the listener will be rescanned; its model \(why). The other listeners go on."
        )
    }

    /// Where the outputs of a listener live.
    func sink(of listener: ListenerRef) -> any Sink {
        connection.sink(of: listeners[listener], elections: elections)
    }

    /// The pending changes of a listener are dropped, and all its documents scanned later; blocks.
    package func setBehind(_ listener: ListenerRef) {
        let invisible = state.withLock { state in
            state.scans.want([listener])
            // While a pass cannot begin, which would bring it back.
            return queue.shed(listener)
        }
        guard !invisible.isEmpty else { return }
        guard let left = try? sink(of: listener).disown(invisible.map(\.key)) else {
            return queue.restore(invisible)
        }
        queue.drop(invisible.filter { !left.contains($0.key) })
        queue.restore(invisible.filter { left.contains($0.key) })
    }

    /// Makes changes that no scan would find visible to one, where their listeners are left to it; blocks.
    ///
    /// What cannot be done now waits in the queue, and is counted there.
    package func reveal(_ offers: inout [Offer]) {
        // mechanism reveal, off: queue.invisible(in: offers) becomes []
        let places = queue.invisible(in: offers)
        for (listener, places) in Dictionary(grouping: places, by: { offers[$0].listener }) {
            let keys = places.map { offers[$0].key }
            guard let left = try? sink(of: listener).disown(keys) else { continue }
            for place in places where !left.contains(offers[place].key) { offers[place].change.force = false }
        }
    }
}

// MARK: Passes

extension Reconciler {
    /// These listeners, and those that read their outputs, go on in later passes from where they are.
    package func leave(_ scan: Int, _ leaving: [ListenerRef]) {
        guard !leaving.isEmpty else { return }
        let safe = queue.progress(ofScan: scan).safe
        let (gone, behind) = state.withLock { $0.scans.leave(scan, leaving, safe: safe) }
        for index in behind { setBehind(index) }
        for index in gone { queue.leave(scan: scan, index) }
    }

    /// Begins a scan of one page beside all others.
    package func beginAudit(for members: [ListenerRef]) -> Int {
        state.withLock { state in
            state.audits += 1
            // Below all numbers of passes. Who fell behind meanwhile gets a scan of its own.
            queue.beginScan(-state.audits, for: members.filter { state.scans.wanted[$0] == nil })
            return -state.audits
        }
    }
}

// MARK: For people

extension Reconciler {
    /// How far a scan of a listener's documents is.
    package enum ScanState: Sendable {
        case done
        /// It waits for other scans, or for the model.
        case waiting
        /// Since when, how many documents were read, and how many of them had no input.
        case running(since: ContinuousClock.Instant, documents: Int, withoutInput: Int)
    }

    package var scanStates: PerListener<ScanState> {
        state.withLock { state in
            PerListener(
                listeners.refs.map { index in
                    if state.scans.wanted[index] != nil { return .waiting }
                    guard let pass = state.scans.passes.first(where: { $0.members.contains(index) }) else {
                        return .done
                    }
                    return .running(
                        since: pass.began, documents: pass.documents,
                        withoutInput: pass.withoutInput[index] ?? 0)
                })
        }
    }

    /// An estimate of the documents of a collection that were read and wait for no listener any more, by the slowest
    /// pass.
    func handled(in collection: String) -> Int {
        let loads = queue.loads
        return state.withLock { state in
            state.scans.passes.filter { $0.collection == collection }.map { pass in
                max(0, pass.documents - (pass.members.map { loads[$0].documents }.max() ?? 0))
            }.min() ?? 0
        }
    }
}
