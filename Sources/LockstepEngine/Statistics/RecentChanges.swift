import LockstepCore
import MongoBSON
import Synchronization

/// The last changes that were handled: the newest of each round, for people to look at.
package final class RecentChanges: Sendable {
    private struct State {
        var changes: [RecentChange] = []
        var count = 0
    }

    private let state = Mutex(State())

    /// Kept at most, and of one round.
    private static let limit = 200
    package static let ofOneRound = 5

    /// - Parameter all: how many there were in the round, of which `some` are told.
    package func add(
        _ some: [(id: BSONValue, outcome: RecentChange.Outcome, latency: Duration?)], of all: Int,
        listener: String, at: Int64
    ) {
        state.withLock { state in
            // The last numbers of the round.
            let first = state.count + all - some.count + 1
            for (place, change) in some.enumerated() {
                state.changes.append(
                    RecentChange(
                        number: first + place, listener: listener, documentID: change.id,
                        outcome: change.outcome, latency: change.latency, at: at))
            }
            state.count += all
            if state.changes.count > 2 * Self.limit {
                state.changes.removeFirst(state.changes.count - Self.limit)
            }
        }
    }

    /// Those after a number, oldest first, and how many there have been in all.
    package func after(_ number: Int) -> (changes: [RecentChange], count: Int) {
        state.withLock { state in
            let first = state.changes.lastIndex { $0.number <= number }.map { $0 + 1 } ?? 0
            return (Array(state.changes[first...].suffix(Self.limit)), state.count)
        }
    }
}
