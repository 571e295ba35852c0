import LockstepCore
import LockstepState
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Keeps a lease, so that one watcher works under an identifier and the others stand by.
///
/// Without change streams each process handles its own writes and needs no lease.
///
/// A lease makes that likely and cheap. What makes it safe is elsewhere: outputs are guarded by their inputs, and
/// positions are saved only in the newest term, so that a process that was paused and has lost its lease does no harm.
package final class LeaseKeeper: Sendable {
    private struct State {
        var isHeld = false
        /// There is an entry to renew.
        var isStored = false
        var hasAsked = false
        /// Since when no majority has acknowledged a renewal.
        var unconfirmedSince: ContinuousClock.Instant?
        var standby: Standby?
    }

    /// The watcher that this one waits for.
    package struct Standby: Hashable, Sendable {
        /// As `db1 (process 4711)`.
        package let holder: String
        /// What it does not run and this one would.
        package let difference: ListenerDifference?
    }

    private let store: LeaseStore
    private let checkpoints: CheckpointStore
    /// Known once it was asked for: it is read from the system.
    private let knownHolder = Mutex<LeaseHolder?>(nil)
    private let threads: BlockingThreads
    private let log: Logger
    private let state = Mutex(State())

    /// Between two reads of a watcher that stands by, and between two renewals of the one that works.
    private static let pause = Duration.seconds(1)
    private static let renewal = Duration.seconds(2)
    /// Between two attempts to renew, when one failed or there is news.
    private static let interval = Duration.milliseconds(500)

    package init(connection: Connection, identifier: String, threads: BlockingThreads, log: Logger) {
        store = LeaseStore(connection: connection, identifier: identifier)
        checkpoints = CheckpointStore(connection: connection, identifier: identifier)
        self.threads = threads
        self.log = log
    }

    private var holder: LeaseHolder {
        knownHolder.withLock { known in
            let holder = known ?? .here()
            known = holder
            return holder
        }
    }

    /// Returns the term once the lease is held; nil when it was stopped meanwhile.
    ///
    /// - Parameter listeners: what this one runs then.
    package func hold(
        for listeners: @escaping @Sendable () -> [ListenerSignature], until stops: () -> Bool
    ) async throws -> Int64? {
        while !stops() {
            if let term = try await threads.run({ [self] in try take(listeners) }) { return term }
            try await Task.sleep(for: Self.pause)
        }
        state.withLock { $0.standby = nil }
        return nil
    }

    private func take(_ listeners: () -> [ListenerSignature]) throws(MongoError) -> Int64? {
        // Who stands by asks for the entry alone, and may do so for months.
        let isStandby = state.withLock { $0.standby != nil }
        if !isStandby, try !store.connection.deployment().hasChangeStreams {
            let saved = try checkpoints.load().term
            state.withLock { ($0.isHeld, $0.isStored, $0.hasAsked) = (true, false, true) }
            return saved
        }
        let entry = try store.load()
        state.withLock { $0.hasAsked = true }
        let isDead = entry?.holder.isDead(seenFrom: holder) ?? false
        if let entry, entry.isAlive, entry.holder.id != holder.id, !isDead {
            standBy(entry, entry.difference(to: listeners()))
            return nil
        }
        let saved = try checkpoints.load().term
        guard let term = try store.take(as: holder, above: saved, replacing: isDead ? entry?.holder : nil)
        else {
            return nil
        }
        let stoodBy = state.withLock { state in
            (state.isHeld, state.isStored) = (true, true)
            state.unconfirmedSince = nil
            defer { state.standby = nil }
            return state.standby != nil
        }
        if stoodBy { log.notice("taking over from \(entry?.holderText ?? "the one before")") }
        return term
    }

    private func standBy(_ entry: LeaseStore.Entry, _ difference: ListenerDifference?) {
        let standby = Standby(holder: entry.holderText, difference: difference)
        let before = state.withLock { state in
            defer { state.standby = standby }
            return state.standby
        }
        if before?.holder != standby.holder {
            log.notice(
                "standby: \(entry.holderText) follows the changes under the same name, `\(store.identifier)`; this one takes over when that ends"
            )
        }
        if let difference, before?.difference != difference {
            log.warning(
                "standby: \(entry.holderText) was started with another configuration: it \(difference.text). That runs only when this one takes over; run `lockstep reload` there, or stop that process"
            )
        }
    }

    /// Renews the lease until `isEnding`; returns when another watcher holds it.
    ///
    /// A lease that ran out meanwhile, because this process or the server stood still, and that nobody took, is ours
    /// again.
    ///
    /// - Parameter running: what is published with it, for other processes: at once when the listeners or their states
    ///   change, else with the renewal.
    package func renew(
        publishing running: () -> (listeners: [RunningListener], lag: Double?), until isEnding: () -> Bool
    ) async {
        var published: [RunningListener]?
        var (due, earliest) = (ContinuousClock.now, ContinuousClock.now)
        var outage = OutageLog()
        while !isEnding(), state.withLock(\.isStored) {
            let (listeners, lag) = running()
            if .now >= due || .now >= earliest && listeners != published {
                let began = ContinuousClock.now
                do throws(MongoError) {
                    let news = listeners == published ? nil : listeners
                    guard try store.renew(as: holder, listeners: news, lag: lag) else {
                        state.withLock { $0.isHeld = false }
                        return
                    }
                    published = listeners
                    due = .now + Self.renewal
                    state.withLock { $0.unconfirmedSince = nil }
                    if let text = outage.over(.now) {
                        log.notice("a majority of the replica set acknowledges writes again\(text)")
                    }
                } catch {
                    due = .now + Self.interval
                    // Where the server does not answer, to nobody perhaps, the capture reports it.
                    if error.isAboutMajority {
                        state.withLock { $0.unconfirmedSince = $0.unconfirmedSince ?? began }
                    }
                    if error.isAboutMajority, let text = outage.failed(.now) {
                        log.error(
                            "\(error.hint ?? "") Changes come, and positions are saved, once they do\(text).")
                    }
                }
                earliest = .now + Self.interval
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// False once another watcher holds it.
    package var isHeld: Bool {
        state.withLock { $0.isHeld }
    }

    /// How long no majority of the replica set has acknowledged writes; nil when it does.
    package var unconfirmedFor: Duration? {
        state.withLock { state in state.unconfirmedSince.map { .now - $0 } }
    }

    /// Another one works, and this one waits for its end.
    package var isStandingBy: Bool {
        standby != nil
    }

    /// The watcher that this one waits for; nil when it waits for none.
    package var standby: Standby? {
        state.withLock { $0.standby }
    }

    /// The server has answered once.
    package var hasAsked: Bool {
        state.withLock { $0.hasAsked }
    }

    /// Releases the lease, so that the next watcher begins at once. If that fails, the lease expires.
    package func release() async {
        let isHeld = state.withLock { state in
            defer { (state.isHeld, state.standby) = (false, nil) }
            return state.isHeld && state.isStored
        }
        guard isHeld else { return }
        _ = try? await threads.run { [self] in try store.release(as: holder) }
    }
}
