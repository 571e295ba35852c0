import Synchronization

/// What the rounds of a listener have cost, for all of its lanes.
final class Pace: Sendable {
    private let size: Mutex<RoundSize>

    init(_ limits: BatchLimits) {
        size = Mutex(RoundSize(callLimit: limits.count))
    }

    var limits: RoundLimits {
        size.withLock { $0.limits }
    }

    func called(_ inputs: Int, took time: Duration) {
        size.withLock { $0.called(inputs, seconds: time / .seconds(1)) }
    }

    func took(documents: Int, inputs: Int, rest: Duration) {
        size.withLock { $0.took(documents: documents, inputs: inputs, rest: max(0, rest / .seconds(1))) }
    }
}
