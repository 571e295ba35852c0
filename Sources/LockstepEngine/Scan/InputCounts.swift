import LockstepCore
import Synchronization

/// How many documents of each listener have an input, and an output of a text that was cut, as counted last, by the
/// listener's definition.
package final class InputCounts: Sendable {
    private struct State {
        var shares: [String: InputShare] = [:]
        /// Outputs of cut texts that came, less those that went, since the last scan began.
        var truncated: [String: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package var all: [String: InputShare] {
        state.withLock { $0.shares }
    }

    /// Takes over what a checkpoint knows; a count of this process is newer.
    package func restore(_ share: InputShare, of definition: String) {
        state.withLock { if $0.shares[definition] == nil { $0.shares[definition] = share } }
    }

    /// A query has counted a listener's documents.
    package func counted(_ share: InputShare, of definition: String) {
        state.withLock { $0.shares[definition] = share }
    }

    /// A scan of the documents of these listeners begins.
    func begin(_ definitions: [String]) {
        state.withLock { state in
            for definition in definitions { state.truncated[definition] = nil }
        }
    }

    /// It has counted a listener's documents; what it found not fresh was stored since.
    func scanned(_ share: InputShare, of definition: String) {
        state.withLock { state in
            var share = share
            share.truncated = max(0, share.truncated + (state.truncated[definition] ?? 0))
            state.shares[definition] = share
        }
    }

    /// Outputs of cut texts were stored, more than were replaced or removed.
    func add(truncated count: Int, of definition: String) {
        state.withLock { state in
            state.truncated[definition, default: 0] += count
            if let share = state.shares[definition] {
                state.shares[definition]?.truncated = max(0, share.truncated + count)
            }
        }
    }
}
