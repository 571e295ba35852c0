import LockstepCore
import LockstepState

/// Stores what batch jobs have answered though the model's budget may be spent: by a scan that asks the model for nothing.
struct BatchDelivery: Sendable {
    let handler: Handler
    let gate: BatchGate
    let reconciler: Reconciler
    let memo: MemoStore

    /// How long nothing may come of it: what has changed meanwhile waits for the budget.
    private static let patience = Duration.seconds(5)

    private var source: MemoEntry.Source { MemoEntry.Source(handler.listener.model) }

    /// Without a budget the scan that asks for the rest delivers them.
    var isDue: Bool {
        get throws { try handler.costs?.budget != nil && memo.hasAnswers(of: source) }
    }

    /// - Parameter pause: returns early when the session ends; false once it does.
    /// - Returns: false when it cannot be done now.
    func run(_ pause: (Duration) async -> Bool) async throws -> Bool {
        guard reconciler.wants(handler.index), !handler.health.isPaused, handler.health.outage == nil,
            handler.health.writes.reason == nil
        else {
            _ = await pause(.milliseconds(200))
            return !reconciler.wants(handler.index)
        }
        gate.deliver()
        var (seen, since) = (progress, ContinuousClock.now)
        while gate.isDelivering, .now - since < Self.patience {
            guard await pause(.milliseconds(100)) else { return false }
            let now = progress
            // What has not begun waits for other scans.
            if now != seen || now.scanned == nil { (seen, since) = (now, .now) }
        }
        if gate.isDelivering { gate.close() } else { try memo.settle(source) }
        // What has come meanwhile waits for the budget, too, and holds no position up.
        if handler.costs?.waits != nil { reconciler.setBehind(handler.index) }
        return true
    }

    /// Changes as documents are scanned and written.
    private var progress: Progress {
        Progress(scanned: reconciler.scanned(handler.index), outputs: handler.statistics.outputs)
    }

    private struct Progress: Hashable {
        let scanned: Int?
        let outputs: Int
    }
}
