import LockstepCore
import LockstepState
import MongoDriver
import Synchronization

/// How many documents each collection has, how many of them have no input, and how many are parked.
///
/// It queries only while somebody reads the status, and then only what may have changed.
package final class Tallies: Sendable {
    package struct Counts: Sendable {
        /// By collection.
        package var documents: [String: Int] = [:]
        /// By listener.
        package var parked: [String: Int] = [:]
        /// By the definition of a listener.
        package var inputs: [String: InputShare] = [:]
        /// Likely mistakes in the listeners.
        package var warnings: [ListenerWarning] = []
    }

    /// What the counts depend on; equal marks, equal counts.
    package struct Activity: Equatable {
        /// The counts of the session's work.
        package var counts = Statistics.Counts()
        /// Events read from the stream.
        package var events = 0
        /// Events of `lockstep.failures`; without a stream, all work.
        package var failures = 0
        /// The session: each one counts from zero.
        package var session: ObjectIdentifier?
        /// The minute: the collections' own counts also follow writes without events.
        package var minute = 0
    }

    private struct State {
        var counts = Counts()
        var wantedAt: ContinuousClock.Instant?
        var documents = Recount<Activity>(interval: Tallies.interval, rarity: 20)
        var parked = Recount<[Int]>(interval: Tallies.interval, rarity: 20)
        var inputs: [String: Recount<Activity>] = [:]
        var warnings = Recount<Activity>(interval: .seconds(2), rarity: 100)
    }

    private let state = Mutex(State())
    private let inputs: InputCounts

    package static let interval = Duration.milliseconds(500)
    /// How long the counts are kept up to date after the status was read.
    private static let interest = Duration.seconds(30)
    /// Milliseconds for the count of a listener's inputs.
    private static let patience = 200
    /// How long a collection that takes longer is left to scans.
    private static let pause = Duration.seconds(600)

    package init(inputs: InputCounts) {
        self.inputs = inputs
    }

    package var counts: Counts {
        var counts = state.withLock { $0.counts }
        counts.inputs = inputs.all
        return counts
    }

    /// Keeps the counts up to date for a while: somebody reads the status.
    package func want() {
        state.withLock { $0.wantedAt = .now }
    }

    /// Somebody read the status a short time ago.
    package var isWanted: Bool {
        state.withLock { $0.wantedAt.map { .now - $0 < Self.interest } ?? false }
    }

    /// The counts need no query at the moment.
    package func areCurrent(_ activity: Activity) -> Bool {
        state.withLock { state in
            !state.documents.isDue(activity, at: .now) && !state.parked.isDue(activity.ofFailures, at: .now)
        }
    }

    /// Counts again what may have changed, while somebody reads the status; blocks.
    package func refreshIfDue(_ listeners: [Listener], _ connection: Connection, _ activity: Activity) throws
    {
        // mechanism interest
        guard isWanted else { return }
        try refreshDocuments(listeners, connection, activity)
        try refreshParked(connection, activity.ofFailures)
        for listener in listeners { refreshInputs(listener, connection, activity.ofEvents) }
    }

    /// Looks for likely mistakes, the more seldom the longer it takes; blocks.
    package func refreshWarningsIfDue(
        _ listeners: [Listener], _ connection: Connection, _ activity: Activity
    ) throws {
        let (began, activity) = (ContinuousClock.now, activity.ofEvents)
        guard isWanted, state.withLock({ $0.warnings.isDue(activity, at: began) }) else { return }
        do {
            let warnings = try ListenerInspection(connection: connection).warnings(
                about: listeners, saved: [:], inputs: inputs.all)
            state.withLock { state in
                state.counts.warnings = warnings
                state.warnings.counted(activity, from: began, to: .now)
            }
        } catch {
            state.withLock { $0.warnings.failed(at: .now, retryAfter: .seconds(5)) }
            throw error
        }
    }

    private func refreshDocuments(
        _ listeners: [Listener], _ connection: Connection, _ activity: Activity
    ) throws {
        let began = ContinuousClock.now
        guard state.withLock({ $0.documents.isDue(activity, at: began) }) else { return }
        var documents: [String: Int] = [:]
        do {
            for collection in Set(listeners.map(\.collection.name)) {
                documents[collection] = try connection.estimatedCount(of: collection)
            }
        } catch {
            state.withLock { $0.documents.failed(at: .now, retryAfter: Self.interval) }
            throw error
        }
        state.withLock { [documents] state in
            state.counts.documents = documents
            state.documents.counted(activity, from: began, to: .now)
        }
    }

    private func refreshParked(_ connection: Connection, _ mark: [Int]) throws {
        let began = ContinuousClock.now
        guard state.withLock({ $0.parked.isDue(mark, at: began) }) else { return }
        do {
            let parked = try FailureStore(connection: connection).counts().parked
            state.withLock { state in
                state.counts.parked = parked
                state.parked.counted(mark, from: began, to: .now)
            }
        } catch {
            state.withLock { $0.parked.failed(at: .now, retryAfter: Self.interval) }
            throw error
        }
    }

    private func refreshInputs(_ listener: Listener, _ connection: Connection, _ activity: Activity) {
        let definition = listener.definition
        let began = ContinuousClock.now
        let isDue = state.withLock { state in
            state.inputs[definition, default: Recount(interval: .seconds(2), rarity: 50)]
                .isDue(activity, at: began)
        }
        guard isDue else { return }
        let share = try? InputShare.counting(listener, connection, within: Self.patience)
        if let share { inputs.counted(share, of: definition) }
        state.withLock { state in
            var recount = state.inputs[definition] ?? Recount(interval: .seconds(2), rarity: 50)
            if share == nil {
                recount.failed(at: .now, retryAfter: Self.pause)
            } else {
                recount.counted(activity, from: began, to: .now)
            }
            state.inputs[definition] = recount
        }
    }
}

extension Tallies.Activity {
    /// What reads documents is counted again after events only.
    fileprivate var ofEvents: Self {
        var events = self
        events.minute = 0
        return events
    }

    /// What the number of parked documents depends on.
    fileprivate var ofFailures: [Int] {
        [failures, session.map(\.hashValue) ?? 0]
    }
}
