import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// Answers whether a session has reflected a time of the cluster in the outputs of listeners.
package struct Freshness: Sendable {
    let connection: Connection
    let queue: WorkQueue
    let reconciler: Reconciler
    let capture: Capture?
    let saver: CheckpointSaver

    /// Every change up to that time is reflected in the outputs of these listeners, and nothing of them is to be scanned;
    /// on a standalone server, everything that was noted.
    package func isFresh(_ time: BSONTimestamp?, _ listeners: some Sequence<ListenerRef>) -> Bool {
        let concerned = reconciler.order.withUpstreams(of: listeners)
        // The order matters: a scan is wanted before changes are dropped from the queue.
        return hasHandled(time, concerned) && reconciler.isComplete(concerned)
            && (capture == nil || capture?.position != nil)
    }

    private func hasHandled(_ time: BSONTimestamp?, _ listeners: Set<ListenerRef>) -> Bool {
        guard capture != nil, let time else { return listeners.allSatisfy { queue.isIdle($0) } }
        return queue.safePosition(of: listeners).map { $0.clusterTime >= time } ?? false
    }

    /// Makes an idle stream report its position now instead of after its pause; blocks.
    package func wakeStream() throws {
        guard capture?.isIdle == true else { return }
        let request = BSONValue.objectID()
        try WaitStore(connection: connection).add(request, concern: nil)
        try WaitStore(connection: connection).remove(request)
    }

    /// What was handled so far stands: it was not read from a primary that another one has followed. Blocks.
    package func isProven() throws(MongoError) -> Bool {
        guard capture != nil else { return true }
        do {
            return try saver.proves()
        } catch {
            // Without an answer nothing is known, and whoever has lost the lease begins anew.
            guard error.isTransient || error.code == MongoError.Code.duplicateKey else { throw error }
            return false
        }
    }
}
