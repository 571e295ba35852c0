import LockstepCore
import Synchronization

/// What the rounds of a listener have cost, for all of its lanes.
package final class Pace: Sendable {
    private let size: Mutex<RoundSize>

    package init(_ limits: BatchLimits) {
        size = Mutex(RoundSize(callLimit: limits.count))
    }

    package var limits: RoundLimits {
        size.withLock { $0.limits }
    }

    package func called(_ inputs: Int, took time: Duration) {
        size.withLock { $0.called(inputs, seconds: time / .seconds(1)) }
    }

    package func took(documents: Int, inputs: Int, rest: Duration) {
        size.withLock { $0.took(documents: documents, inputs: inputs, rest: max(0, rest / .seconds(1))) }
    }
}
