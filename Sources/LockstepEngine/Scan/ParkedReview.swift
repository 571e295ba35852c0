import Foundation
import LockstepCore
import LockstepSinks
import LockstepState
import MongoDriver

/// Looks at what is parked: what is no failure any more, and what people want retried.
package struct ParkedReview {
    private let reconciler: Reconciler
    private var queue: WorkQueue { reconciler.queue }
    private var listeners: PerListener<Listener> { reconciler.listeners }
    private var order: ListenerOrder { reconciler.order }
    private var failures: FailureStore { reconciler.failures }
    private var connection: Connection { reconciler.connection }

    package init(_ reconciler: Reconciler) {
        self.reconciler = reconciler
    }

    /// What is parked and no longer there, has no input any more or is fresh, is parked no longer.
    package func sweep(_ members: [ListenerRef]) throws {
        for listener in members.map({ listeners[$0] }) {
            let traits = try connection.traits(of: listener.collection.name)
            let reader = DocumentReader(connection, listener, traits)
            try failures.forEachPage(listener: listener.id) { keys in
                let found = try reader.read(keys)
                let over = keys.filter { key in
                    guard let evidence = found[key] else { return true }
                    // One that cannot be removed stays parked as long as it stands.
                    guard let input = evidence.input else { return evidence.stored.isBare }
                    return evidence.verdict(
                        fingerprint: Fingerprint(of: input), version: listener.model.version) == .fresh
                }
                try failures.clear(listener: listener.id, documents: over.map(\.id))
            }
        }
    }

    /// Queues documents that are gone and have an output elsewhere still, as there is room for them.
    ///
    /// - Returns: false when the end of the session cut it off.
    func sweepOutputs(of listener: ListenerRef, until isEnding: @Sendable () -> Bool) throws -> Bool {
        let sink = reconciler.sink(of: listener)
        guard sink.place == nil else { return true }
        let traits = try connection.traits(of: listeners[listener].collection.name)
        let reader = DocumentReader(connection, listeners[listener], traits)
        var hasRoom: Bool? = true
        try sink.forEachPage { keys in
            guard hasRoom == true else { return }
            let found = try reader.read(keys)
            let gone = keys.filter { found[$0] == nil }
            guard !gone.isEmpty else { return }
            hasRoom = waitForRoom(of: listener, until: isEnding)
            guard hasRoom == true else { return }
            queue.offer(gone.map { Offer(listener: listener, key: $0, change: PendingChange()) })
        }
        return hasRoom != nil
    }

    /// - Returns: false when another scan is noted as due instead; nil when the session ends.
    private func waitForRoom(of listener: ListenerRef, until isEnding: @Sendable () -> Bool) -> Bool? {
        let room = ScanRoom([listener], order, without: Set(listeners.refs))
        while !isEnding() {
            switch queue.next(of: room, isOut: { reconciler.health[$0].isOut }) {
            case .read: return true
            case .wait: Thread.sleep(forTimeInterval: 0.01)
            case .leave:
                // Nobody waits here for a model that is out.
                reconciler.want([listener])
                return false
            case nil: return nil
            }
        }
        return nil
    }

    /// Queues the parked documents of a listener that a person wants retried, a page at a time.
    func request(_ listener: ListenerRef, until isEnding: @Sendable () -> Bool) throws {
        defer { reconciler.state.withLock { _ = $0.requesting.remove(listener) } }
        let room = ScanRoom([listener], order, without: Set(listeners.refs))
        while !isEnding() {
            let after = reconciler.state.withLock { $0.requests[listener] ?? nil }
            let page = try failures.requests(
                listener: listeners[listener].id, after: after, limit: ScanPlace.pageSize)
            guard let last = page.last else {
                return reconciler.state.withLock { $0.requests[listener] = nil }
            }
            // mechanism retry-room
            guard queue.next(of: room, isOut: { _ in false }) == .read else { return }
            queue.offer(
                page.map { failure in
                    var change = PendingChange()
                    change.retry = true
                    return Offer(
                        listener: listener, key: DocumentKey(failure.document), change: change)
                })
            reconciler.state.withLock { $0.requests[listener] = .some(last.id) }
        }
    }
}
