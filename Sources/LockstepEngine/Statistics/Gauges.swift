import CoreMetrics
import LockstepCore

/// Records the state of a watcher at a moment in swift-metrics.
package struct Gauges {
    package let factory: any MetricsFactory

    package func record(_ status: WatcherStatus) {
        if let lag = status.lag { Metric.lag.gauge(factory).record(lag) }
        if let headroom = status.headroom {
            Metric.headroom.gauge(factory).record(headroom.seconds)
            Metric.oplogWindow.gauge(factory).record(headroom.window)
        }
        Metric.queueDocuments.gauge(factory).record(status.queue.documents)
        Metric.queueBytes.gauge(factory).record(status.queue.bytes)
        Metric.queueLimit.gauge(factory).record(status.queue.limit)
        for listener in status.listeners { record(listener) }
        for model in status.models {
            guard let spent = model.spent, let allowed = model.allowed, allowed > 0 else { continue }
            Metric.modelBudget.gauge(factory, model.model).record(spent / allowed)
        }
    }

    private func record(_ listener: ListenerStatus) {
        Metric.up.gauge(factory, listener.id).record(
            [.ok, .paused, .spent].contains(listener.state) ? 1 : 0)
        Metric.paused.gauge(factory, listener.id).record(listener.state == .paused ? 1 : 0)
        let counts = [
            ("fresh", listener.fresh), ("stale", listener.stale), ("missing", listener.missing),
            ("failed", listener.failed), ("unchecked", listener.unchecked),
        ]
        for (state, count) in counts {
            Metric.documents.gauge(factory, listener.id, state).record(count)
        }
        Metric.withoutInput.gauge(factory, listener.id).record(listener.withoutInput)
        let share =
            listener.unchecked == 0 && listener.look == nil
            ? 1 : Double(listener.look?.documents ?? 0) / Double(max(1, listener.documents))
        Metric.reconcileProgress.gauge(factory, listener.id).record(share)
    }
}
