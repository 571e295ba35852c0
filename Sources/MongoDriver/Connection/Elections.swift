import MongoBSON
import Synchronization

/// Finds elections by the acknowledgements of a session's writes.
///
/// A read from the primary may be rolled back. In one term of office, a later majority write proves it; across an election
/// nothing does, and everything since the last saved position must be read again.
package final class Elections: Sendable {
    private struct State {
        var term: BSONValue?
        var changed = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Notes the term in which a write was acknowledged.
    package func note(_ term: BSONValue?) {
        guard let term else { return }
        state.withLock { state in
            if let known = state.term, known != term { state.changed = true }
            state.term = term
        }
    }

    /// True once writes of this session were acknowledged in more than one term.
    package var changed: Bool {
        // mechanism elections, off: state.withLock { $0.changed } becomes false
        state.withLock { $0.changed }
    }
}
