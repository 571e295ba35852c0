import Synchronization

/// Whether a listener's documents may be scanned: where the provider has a batch API, what a scan lacks is asked for
/// there first, and the scan waits as one whose listener is behind.
package final class BatchGate: Sendable {
    private enum State {
        case closed
        /// The next scan stores what jobs have answered, and leaves all else to the one after it.
        case delivering
        case open
    }

    private let state = Mutex(State.closed)

    package init() {}

    /// The next scan may begin.
    package var isOpen: Bool {
        state.withLock { $0 != .closed }
    }

    /// A scan may begin, or runs, that asks the model for nothing.
    package var isDelivering: Bool {
        state.withLock { $0 == .delivering }
    }

    package func open() {
        state.withLock { $0 = .open }
    }

    /// Opens it until a scan has stored what jobs have answered.
    package func deliver() {
        state.withLock { $0 = .delivering }
    }

    /// The next scan is looked at first.
    package func close() {
        state.withLock { $0 = .closed }
    }
}
