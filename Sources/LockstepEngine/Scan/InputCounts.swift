import LockstepCore
import Synchronization

/// How many documents of each listener have an input, as counted last, by the listener's definition.
package final class InputCounts: Sendable {
    private let state = Mutex<[String: InputShare]>([:])

    package init() {}

    package var all: [String: InputShare] {
        state.withLock { $0 }
    }

    /// Takes over what a checkpoint knows; a count of this process is newer.
    package func restore(_ share: InputShare, of definition: String) {
        state.withLock { if $0[definition] == nil { $0[definition] = share } }
    }

    /// A scan or a query has counted a listener's documents.
    package func counted(_ share: InputShare, of definition: String) {
        state.withLock { $0[definition] = share }
    }
}
