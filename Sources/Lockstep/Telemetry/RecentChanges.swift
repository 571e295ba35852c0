import Synchronization

/// A document that was handled a moment ago.
public struct RecentChange: Sendable, Hashable {
    public enum Outcome: String, Sendable {
        case stored, removed, parked
    }

    /// Counts up; gaps are changes that were not kept.
    public let number: Int
    /// The listener's id.
    public let listener: String
    public let documentID: BSONValue
    public let outcome: Outcome
    /// From reading the change until its output was stored; nil when no change of the stream led to it.
    public let latency: Duration?
    /// Milliseconds since 1970.
    public let at: Int64
}

/// The last changes that were handled: the newest of each round, for people to look at.
final class RecentChanges: Sendable {
    private struct State {
        var changes: [RecentChange] = []
        var count = 0
    }

    private let state = Mutex(State())

    /// Kept at most, and of one round.
    private static let limit = 200
    static let ofOneRound = 5

    /// - Parameter all: how many there were in the round, of which `some` are told.
    func add(
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
    func after(_ number: Int) -> (changes: [RecentChange], count: Int) {
        state.withLock { state in
            let first = state.changes.lastIndex { $0.number <= number }.map { $0 + 1 } ?? 0
            return (Array(state.changes[first...].suffix(Self.limit)), state.count)
        }
    }
}

extension RecentChange {
    /// The newest of a listener, of each in turn, until there are so many; oldest first.
    package static func selection(of changes: [RecentChange], limit: Int) -> [RecentChange] {
        guard changes.count > limit else { return changes }
        var byListener: [String: [RecentChange]] = [:]
        for change in changes { byListener[change.listener, default: []].append(change) }
        // The listener whose last change is the newest comes first.
        var left = byListener.values.sorted { ($0.last?.number ?? 0) > ($1.last?.number ?? 0) }
        var chosen: [RecentChange] = []
        while chosen.count < limit, !left.isEmpty {
            for index in left.indices where chosen.count < limit {
                if let newest = left[index].popLast() { chosen.append(newest) }
            }
            left.removeAll(where: \.isEmpty)
        }
        return chosen.sorted { $0.number < $1.number }
    }
}
