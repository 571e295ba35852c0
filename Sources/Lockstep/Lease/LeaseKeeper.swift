import Logging
import Synchronization

/// Sees to it that one watcher works under an identifier and the others stand by.
///
/// Where there are no change streams each process cares for its own writes, and nothing is to be shared out.
///
/// A lease makes that likely and cheap. What makes it safe is elsewhere: outputs are guarded by their inputs, and
/// positions are saved only in the newest term, so that a process that was paused and has lost its lease does no harm.
final class LeaseKeeper: Sendable {
    private struct State {
        var isHeld = false
        /// There is an entry to renew.
        var isStored = false
        var isStandingBy = false
        var hasAsked = false
    }

    private let store: LeaseStore
    private let checkpoints: CheckpointStore
    private let holder = LeaseHolder.here()
    private let threads: BlockingThreads
    private let log: Logger
    private let state = Mutex(State())

    /// Between two attempts of one that stands by, and between two renewals of the one that works.
    private static let interval = Duration.milliseconds(500)
    private static let renewal = Duration.seconds(2)

    init(connection: Connection, identifier: String, threads: BlockingThreads, log: Logger) {
        store = LeaseStore(connection: connection, identifier: identifier)
        checkpoints = CheckpointStore(connection: connection, identifier: identifier)
        self.threads = threads
        self.log = log
    }

    /// Returns the term once the lease is held; nil when it was stopped meanwhile.
    func hold(until stops: () -> Bool) async throws -> Int64? {
        while !stops() {
            if let term = try await threads.run({ [self] in try take() }) { return term }
            try await Task.sleep(for: Self.interval)
        }
        state.withLock { $0.isStandingBy = false }
        return nil
    }

    private func take() throws(MongoError) -> Int64? {
        let saved = try checkpoints.load().term
        state.withLock { $0.hasAsked = true }
        guard try store.connection.deployment().hasChangeStreams else {
            state.withLock { ($0.isHeld, $0.isStored) = (true, false) }
            return saved
        }
        let entry = try store.load()
        let isDead = entry?.holder.isDead(seenFrom: holder) ?? false
        if let entry, entry.isAlive, entry.holder.id != holder.id, !isDead {
            standBy(entry)
            return nil
        }
        guard let term = try store.take(as: holder, above: saved, replacing: isDead ? entry?.holder : nil)
        else {
            return nil
        }
        let stoodBy = state.withLock { state in
            (state.isHeld, state.isStored) = (true, true)
            defer { state.isStandingBy = false }
            return state.isStandingBy
        }
        if stoodBy { log.notice("taking over from \(entry?.holderText ?? "the one before")") }
        return term
    }

    private func standBy(_ entry: LeaseStore.Entry) {
        let isFirst = state.withLock { state in
            defer { state.isStandingBy = true }
            return !state.isStandingBy
        }
        if isFirst {
            log.notice(
                "standing by: \(entry.holderText) follows the changes under the same name, `\(store.identifier)`; this one takes over when that ends"
            )
        }
    }

    /// Renews the lease until `isEnding`; returns when it is somebody else's.
    ///
    /// A lease that ran out meanwhile, because this process or the server stood still, and that nobody took, is ours
    /// again.
    func renew(until isEnding: () -> Bool) async {
        var due = ContinuousClock.now + Self.renewal
        while !isEnding(), state.withLock(\.isStored) {
            if .now >= due {
                do {
                    guard try store.renew(as: holder) else {
                        state.withLock { $0.isHeld = false }
                        return
                    }
                    due = .now + Self.renewal
                } catch {
                    // The server does not answer, to nobody perhaps; the handlers report it.
                    due = .now + Self.interval
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// False once somebody else has it.
    var isHeld: Bool {
        state.withLock { $0.isHeld }
    }

    /// Another one works, and this one waits for its end.
    var isStandingBy: Bool {
        state.withLock { $0.isStandingBy }
    }

    /// The server has answered once.
    var hasAsked: Bool {
        state.withLock { $0.hasAsked }
    }

    /// Lets the next one begin at once. What cannot be told runs out by itself.
    func release() async {
        let isHeld = state.withLock { state in
            defer { state.isHeld = false }
            return state.isHeld && state.isStored
        }
        guard isHeld else { return }
        _ = try? await threads.run { [self] in try store.release(as: holder) }
    }
}
