import LockstepCore
import Synchronization

/// What the rounds of a listener have cost, for all of its lanes.
package final class Pace: Sendable {
    private let size: Mutex<RoundSize>

    /// Bytes of inputs and outputs that all rounds of a listener may hold at once.
    private static let memory = 24 << 20

    package init(_ model: any Provider) {
        let lanes = Pacing(model.limits, model.terms).mostCalls
        size = Mutex(
            RoundSize(
                callLimit: model.limits.count, isRemote: model.terms.isRemote,
                memory: model.terms.isRemote ? Self.memory / max(1, lanes) : nil))
    }

    package var limits: RoundLimits {
        size.withLock { $0.limits }
    }

    package func called(_ inputs: Int, took time: Duration) {
        size.withLock { $0.called(inputs, seconds: time / .seconds(1)) }
    }

    /// What inputs and their answers weigh.
    package func weighed(_ inputs: Int, bytes: Int) {
        size.withLock { $0.weighed(inputs, bytes: bytes) }
    }

    package func took(documents: Int, inputs: Int, rest: Duration) {
        size.withLock { $0.took(documents: documents, inputs: inputs, rest: max(0, rest / .seconds(1))) }
    }
}
