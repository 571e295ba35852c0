import MongoBSON
import Synchronization

/// Watches for elections among the acknowledgements of a session.
///
/// What was read and found fresh is known to the primary alone. In one term of office a later majority write proves
/// it; across an election nothing does, and everything since the last saved position is to be looked at again.
package final class Elections: Sendable {
    private struct State {
        var term: BSONValue?
        var changed = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Notes the term that a write was acknowledged in.
    package func saw(_ term: BSONValue?) {
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
