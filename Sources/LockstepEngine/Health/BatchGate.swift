import Synchronization

/// Whether a listener's documents may be scanned: where the provider has a batch API, what a scan lacks is asked for
/// there first, and the scan waits as one whose listener is behind.
package final class BatchGate: Sendable {
    private let state = Mutex(false)

    package init() {}

    /// The next scan may begin.
    package var isOpen: Bool {
        state.withLock { $0 }
    }

    package func open() {
        state.withLock { $0 = true }
    }

    /// The next scan is looked at first.
    package func close() {
        state.withLock { $0 = false }
    }
}
