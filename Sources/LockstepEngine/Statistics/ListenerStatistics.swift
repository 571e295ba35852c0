import CoreMetrics
import LockstepCore
import MongoBSON
import MongoDriver
import Synchronization

/// Counts the work done for one listener.
package final class ListenerStatistics: Sendable {
    private struct State {
        var outputs = 0
        var calls = LatencyWindow()
    }

    private let id: String
    private let totals: Statistics
    private let state = Mutex(State())
    private let modelCalls: Counter
    private let modelInputs: Counter
    private let modelFailures: Counter
    private let batchInputs: Recorder
    private let callTime: Timer
    private let written: Counter
    private let removed: Counter
    private let superseded: Counter
    private let skipped: Counter
    private let parked: Counter
    private let retries: Counter
    private let latency: Timer

    package init(_ listener: Listener, _ totals: Statistics) {
        id = listener.id
        self.totals = totals
        let (factory, model) = (totals.factory, listener.modelName)
        modelCalls = Metric.modelCalls.counter(factory, model)
        modelInputs = Metric.modelInputs.counter(factory, model)
        modelFailures = Metric.modelFailures.counter(factory, model)
        batchInputs = Metric.modelBatch.recorder(factory, model)
        callTime = Metric.modelCall.timer(factory, model)
        written = Metric.outputsWritten.counter(factory, id)
        removed = Metric.outputsRemoved.counter(factory, id)
        superseded = Metric.outputsSuperseded.counter(factory, id)
        skipped = Metric.outputsSkipped.counter(factory, id)
        parked = Metric.parked.counter(factory, id)
        retries = Metric.retries.counter(factory, id)
        latency = Metric.changeLatency.timer(factory, id)
    }

    /// A call of the model begins.
    package func called(inputs: Int) {
        totals.add { counts in
            counts.modelCalls += 1
            counts.modelInputs += inputs
        }
        modelCalls.increment()
        modelInputs.increment(by: inputs)
        batchInputs.record(inputs)
    }

    /// It ended after that time.
    package func answered(after duration: Duration, failed: Bool) {
        state.withLock { $0.calls.add(duration, at: .now) }
        callTime.recordNanoseconds(duration.nanoseconds)
        if failed { modelFailures.increment() }
    }

    /// - Parameters:
    ///   - count: outputs stored or removed.
    ///   - removals: those of them that were removed.
    package func add(written count: Int, removed removals: Int, superseded others: Int) {
        totals.add { counts in
            counts.outputs += count
            counts.removed += removals
            counts.superseded += others
        }
        state.withLock { $0.outputs += count }
        written.increment(by: count)
        removed.increment(by: removals)
        superseded.increment(by: others)
    }

    package func add(fresh count: Int) {
        guard count > 0 else { return }
        totals.add { $0.fresh += count }
        skipped.increment(by: count)
    }

    package func add(parked count: Int) {
        totals.add { $0.parked += count }
        parked.increment(by: count)
    }

    package func add(retries count: Int) {
        guard count > 0 else { return }
        totals.add { $0.retries += count }
        retries.increment(by: count)
    }

    /// Changes are reflected now.
    ///
    /// - Parameters:
    ///   - readAt: when each was read from the stream; nil for what no change of the stream led to.
    ///   - told: gives what became of one, by its place.
    package func reflected(
        _ readAt: ArraySlice<Moment?>,
        told: (_ place: Int) -> (id: BSONValue, outcome: RecentChange.Outcome)
    ) {
        guard !readAt.isEmpty else { return }
        let now = Moment.now
        for case let time? in readAt { latency.recordNanoseconds((now - time).nanoseconds) }
        let some = readAt.indices.suffix(RecentChanges.ofOneRound).map { place in
            let (id, outcome) = told(place)
            return (id: id, outcome: outcome, latency: readAt[place].map { now - $0 })
        }
        totals.recent.add(some, of: readAt.count, listener: id, at: currentMilliseconds())
    }

    /// Outputs stored or removed since the watcher was made.
    package var outputs: Int {
        state.withLock { $0.outputs }
    }

    /// Seconds that half of the model's calls, and all but one in a hundred, stay below.
    package var callSeconds: (p50: Double, p99: Double)? {
        state.withLock { state in
            guard let p50 = state.calls.quantile(0.5, at: .now),
                let p99 = state.calls.quantile(0.99, at: .now)
            else { return nil }
            return (p50, p99)
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
