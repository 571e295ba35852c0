import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver
import Synchronization

/// Saves checkpoints, at most once a second, on idle streams too, and only what is proven.
package final class CheckpointSaver: Sendable {
    private struct State {
        var savedAt: ContinuousClock.Instant?
        var position: Position?
        var listeners: [String: ScanProgress] = [:]
        var reflected: Reflected = [:]
        var auditedFrom: Int64?
        /// Events that the capture had read when it was saved.
        var events = 0
        /// When a save failed, if none has worked since.
        var failingSince: ContinuousClock.Instant?
    }

    private let statistics: Statistics
    private let inputs: InputCounts
    private let audit: AuditRecord
    private let store: CheckpointStore
    private let stream: String
    private let listeners: PerListener<ListenerSignature>
    private let queue: WorkQueue
    private let reconciler: Reconciler
    private let elections: Elections
    /// There is a stream: without a position in it nothing is saved, so that the saved one is kept.
    private let needsPosition: Bool
    private let state = Mutex(State())
    /// One save at a time, so that none overtakes a newer one.
    private let saving = Mutex(())

    private static let interval = Duration.seconds(1)
    /// An idle stream moves by Lockstep's own saving alone.
    private static let idleInterval = Duration.seconds(10)

    package init(
        store: CheckpointStore, stream: String, listeners: PerListener<ListenerSignature>, queue: WorkQueue,
        reconciler: Reconciler, elections: Elections, needsPosition: Bool, statistics: Statistics,
        inputs: InputCounts, audit: AuditRecord
    ) {
        self.statistics = statistics
        self.inputs = inputs
        self.audit = audit
        self.store = store
        self.stream = stream
        self.listeners = listeners
        self.queue = queue
        self.reconciler = reconciler
        self.elections = elections
        self.needsPosition = needsPosition
    }

    /// The position that was saved last.
    package var position: Position? {
        state.withLock { $0.position }
    }

    /// How long positions could not be saved; nil when they can.
    package var failingFor: Duration? {
        state.withLock { state in state.failingSince.map { .now - $0 } }
    }

    /// - Returns: whether something was due, and is saved.
    @discardableResult
    package func saveIfDue(_ capture: Capture?) throws(MongoError) -> Bool {
        let now = ContinuousClock.now
        let position = queue.safePosition
        guard position != nil || !needsPosition else { return false }
        let reflected = reflected
        let progress = reconciler.progress
        let audited = reconciler.auditedFrom
        let events = capture?.events ?? 0
        let awaited = capture?.awaited ?? AwaitedTimes()
        let isDue = state.withLock { state in
            guard
                position != state.position || progress != state.listeners || audited != state.auditedFrom
                    || reflected != state.reflected
            else { return false }
            guard let savedAt = state.savedAt,
                !awaited.wereReached(saved: state.reflected, now: reflected)
            else { return true }
            let isIdle =
                events == state.events && progress == state.listeners && audited == state.auditedFrom
            return now - savedAt >= (isIdle ? Self.idleInterval : Self.interval)
        }
        guard isDue else { return false }
        do {
            try save()
        } catch {
            state.withLock { $0.failingSince = $0.failingSince ?? now }
            throw error
        }
        state.withLock { state in
            state.events = events
            state.failingSince = nil
        }
        return true
    }

    /// Saves what is done by now; blocks while another save is under way.
    ///
    /// - Parameter last: the position up to which events were taken, if no more are.
    package func save(last: Position? = nil) throws(MongoError) {
        try saving.withLock { _ throws(MongoError) in try saveNow(last) }
    }

    /// One more majority write in the same term proves what was done and read before it; see ``Elections``.
    package func proves() throws(MongoError) -> Bool {
        // mechanism barrier
        elections.note(try store.barrier())
        return !elections.changed
    }

    /// Somebody has asked a moment ago for a time that is not saved yet.
    package func isAwaited(_ capture: Capture?) -> Bool {
        guard let awaited = capture?.awaited else { return false }
        return state.withLock {
            awaited.areUrgent(saved: $0.reflected, listeners: listeners.count, at: .now)
        }
    }

    /// What each listener has reflected by now, without those that are scanned or that read the outputs of one that is.
    private var reflected: Reflected {
        var reflected: Reflected = [:]
        for index in listeners.refs {
            let concerned = reconciler.order.withUpstreams(of: [index])
            // The order matters: a scan is wanted before changes are dropped from the queue.
            guard let position = queue.safePosition(of: concerned), reconciler.isComplete(concerned) else {
                continue
            }
            reflected[listeners[index]] = position.clusterTime
        }
        return reflected
    }

    private func saveNow(_ last: Position?) throws(MongoError) {
        let position = queue.safePosition
        let isFinal = position != nil && position == last
        // mechanism first-position
        guard position != nil || !needsPosition else { return }
        let reflected = reflected
        let progress = reconciler.progress
        let audited = reconciler.auditedFrom
        let isNews = state.withLock { state in
            state.position != position || state.listeners != progress || state.auditedFrom != audited
                || state.reflected != reflected
        }
        guard isNews || isFinal else { return }
        // First the proof that the outputs are there to stay, then the position that relies on it.
        guard try proves() else { return }
        var checkpoint = Checkpoint(
            position: position, stream: stream, listeners: progress, reflected: reflected,
            at: currentMilliseconds(), auditedFrom: audited, isFinal: isFinal)
        checkpoint.inputs = inputs.all
        checkpoint.audit = audit.round
        elections.note(try store.save(checkpoint))
        state.withLock { state in
            state.position = position
            state.listeners = progress
            state.reflected = reflected
            state.auditedFrom = audited
            state.savedAt = .now
        }
        if position != nil { statistics.addSavedPosition() }
    }
}
