import LockstepCore
import Synchronization

/// Whether a listener's documents may be scanned: where the provider has a batch API, what a scan lacks is asked for
/// there first, and the scan waits as one whose listener is behind.
package final class BatchGate: Sendable {
    package enum State: Hashable, Sendable {
        /// A scan that is wanted is looked at first.
        case closed
        /// Its jobs run: how many, and since when.
        case waiting(jobs: Int, inputs: Int)
        /// The next scan may begin.
        case open
    }

    private let state = Mutex(State.closed)

    package init() {}

    package var current: State {
        state.withLock { $0 }
    }

    package var isOpen: Bool {
        current == .open
    }

    package func set(_ new: State) {
        state.withLock { $0 = new }
    }

    /// The scan is over: the next one is looked at again.
    package func scanned() {
        state.withLock { if $0 == .open { $0 = .closed } }
    }
}
