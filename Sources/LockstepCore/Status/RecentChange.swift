import MongoBSON

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

    package init(
        number: Int, listener: String, documentID: BSONValue, outcome: Outcome, latency: Duration?, at: Int64
    ) {
        self.number = number
        self.listener = listener
        self.documentID = documentID
        self.outcome = outcome
        self.latency = latency
        self.at = at
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
