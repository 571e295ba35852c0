import Synchronization

/// How many documents each collection has and how many are parked, asked now and then.
final class Tallies: Sendable {
    struct Counts: Sendable {
        /// By collection.
        var documents: [String: Int] = [:]
        /// By listener.
        var parked: [String: Int] = [:]
    }

    private struct State {
        var counts: Counts?
        var askedAt: ContinuousClock.Instant?
        var wantedAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    static let interval = Duration.milliseconds(500)
    /// How long after somebody has looked they are kept up to date.
    private static let interest = Duration.seconds(30)

    /// The last counts; nil before the first.
    var counts: Counts? {
        state.withLock { state in
            state.wantedAt = .now
            return state.counts
        }
    }

    /// Asks if somebody has looked and the counts are old; blocks.
    func refreshIfDue(_ listeners: [Listener], _ connection: Connection) throws {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard let wanted = state.wantedAt, now - wanted < Self.interest,
                state.askedAt.map({ now - $0 >= Self.interval / 2 }) ?? true
            else { return false }
            state.askedAt = now
            return true
        }
        guard isDue else { return }
        var counts = Counts()
        for collection in Set(listeners.map(\.collection.name)) {
            counts.documents[collection] = try connection.estimatedCount(of: collection)
        }
        counts.parked = try FailureStore(connection: connection).counts().parked
        state.withLock { $0.counts = counts }
    }
}
