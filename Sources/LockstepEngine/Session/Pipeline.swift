import LockstepCore
import LockstepSinks
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Takes each change from the stream to the stored prediction:
///
/// ```
/// MongoDB ──▶ Capture ──▶ WorkQueue ──▶ Round ──▶ Provider ──▶ Sink ──▶ MongoDB
///                │            ▲  │                              │
///                └─position───┼──┴───▶ CheckpointTracker ◀─done─┘
///                         Reconciler
/// ```
///
/// It runs in sessions. A session begins from the last saved checkpoint and ends when it is stopped, or when
/// what it holds in memory can no longer be trusted: history lost, an election, other listeners.
package final class Pipeline: Sendable {
    package let context: WatcherContext
    private let state: Mutex<State>

    private struct State {
        var session: Session?
        var stops = false
        var failure: (any Error)?
        var hasEnded = false
        /// Where to start whatever was saved, until a position behind it is.
        var token: BSONDocument?
        /// Why no session can begin at the moment.
        var fault: String?
        /// How often the listeners were changed, and the number that the session at work began with.
        var changes = 0
        var begunWith: Int?
    }

    /// Losses of history in a row after which the watcher fails: the scan takes longer than the oplog lasts.
    private static let maximumLosses = 3

    package init(_ context: WatcherContext) {
        self.context = context
        state = Mutex(State(token: context.options.resumeToken))
    }

    package var report: PipelineReport { PipelineReport(self) }
    private var log: Logger { context.log }
    private var lease: LeaseKeeper { context.lease }

    /// Runs until it is stopped, then drains and saves.
    package func run(_ progress: (any ProgressObserver)? = nil) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.report.observe() }
                group.addTask { await self.report.observeMistakes() }
                defer { group.cancelAll() }
                try await self.runSessions(progress)
            }
            await lease.release()
            state.withLock { $0.hasEnded = true }
        } catch {
            await lease.release()
            state.withLock { ($0.hasEnded, $0.failure) = (true, error) }
            throw error
        }
    }

    /// Forgets the error of the last run, since another one begins.
    package func forgetFailure() {
        // mechanism failure-forgotten
        state.withLock { ($0.hasEnded, $0.failure) = (false, nil) }
    }

    private func runSessions(_ progress: (any ProgressObserver)?) async throws {
        var losses = 0
        var mode = SessionMode.follow
        var backoff = Backoff()
        var restarts = Backoff(first: 0.05, longest: 5)
        var outage = OutageLog()
        while let term = try await whileTransient(
            &backoff, &outage,
            {
                try await lease.hold(for: { self.context.listeners().map(\.signature) }) { self.stops }
            })
        {
            let session: Session?
            do {
                session = try await whileTransient(&backoff, &outage) { try await begin(mode, term: term) }
            } catch let error as MongoError where error.code == MongoError.Code.duplicateKey {
                // Another process has taken over in between.
                continue
            }
            guard let session else { return }
            let end = await session.run(progress)
            state.withLock { $0.begunWith = nil }
            if session.hasCaughtUp {
                losses = 0
                restarts.reset()
            }
            // Without a position since the history was lost, what is saved leads nowhere still.
            if session.hasSaved {
                mode = .follow
                // mechanism token-once
                state.withLock { $0.token = nil }
            }
            switch end {
            case .stopped: return
            case .failed(let error): throw error
            case .reconfigured: log.info("the listeners changed: going on with those of now")
            case .rewind(let why):
                log.notice("\(why): going back to the last saved position")
                // An unknown error that comes again and again must not keep MongoDB busy.
                if !session.hasCaughtUp { await rest(restarts.next()) }
            case .historyLost(let why):
                losses += 1
                guard losses < Self.maximumLosses else { throw LockstepError.historyLostAgain(losses) }
                mode = .followAnew
                log.warning(
                    "the change stream cannot go on where it was (\(why)); rescanning all documents")
            }
        }
    }

    /// Waits for a time, or until it is stopped.
    private func rest(_ seconds: Double) async {
        let end = ContinuousClock.now + .seconds(seconds)
        while .now < end, !stops { try? await Task.sleep(for: .milliseconds(50)) }
    }

    /// Once it has answered, an absent server is waited for; one that is there and not ready is from the beginning.
    ///
    /// - Returns: nil when it was stopped meanwhile.
    private func whileTransient<Result>(
        _ backoff: inout Backoff, _ outage: inout OutageLog, _ body: () async throws -> Result?
    ) async throws -> Result? {
        while !stops {
            do {
                let result = try await body()
                backoff.reset()
                state.withLock { $0.fault = nil }
                if let text = outage.over(.now) { log.notice("MongoDB is there again\(text)") }
                return result
            } catch let error as MongoError
                where error.isTransient && (lease.hasAsked || error.source != .serverSelection)
            {
                state.withLock { $0.fault = error.description }
                if let text = outage.failed(.now) {
                    log.warning("\(error); trying again until it works\(text)")
                }
                try await Task.sleep(for: .seconds(backoff.next()))
            }
        }
        return nil
    }

    /// Scans every document once and computes those that are not fresh.
    package func repair(_ progress: (any ProgressObserver)?) async throws {
        guard let session = try await begin(.repair, term: 0) else { return }
        switch await session.run(progress) {
        case .stopped: return
        case .failed(let error): throw error
        case .rewind(let why), .historyLost(let why): throw LockstepError.interrupted(why)
        case .reconfigured: throw LockstepError.interrupted("the listeners changed")
        }
    }

    /// Makes a session; nil when it was stopped meanwhile.
    private func begin(_ mode: SessionMode, term: Int64) async throws -> Session? {
        let changes = state.withLock { $0.changes }
        let session = try await context.threads.run { [self] in
            let opening = try SessionOpening.read(context, mode, term: term, startToken: startToken)
            let session = Session(context, opening)
            if mode != .repair {
                if !opening.hasChangeStreams { tellStandalone() }
                // mechanism pause-kept
                try session.pauses.apply()
            }
            return session
        }
        return state.withLock { state in
            state.session = session
            state.begunWith = changes
            // Changed while it was made.
            if state.changes != changes { session.reconfigure() }
            return state.stops ? nil : session
        }
    }

    private func tellStandalone() {
        log.notice(
            "this is a standalone server, which has no change streams: documents written through Lockstep are predicted at once, those written by others within \(context.options.reconcileEvery)"
        )
    }

    package func stop() {
        state.withLock { state in
            state.stops = true
            return state.session
        }?.stop()
    }

    /// Ends the session once its work in progress is finished; the next one begins with the present listeners.
    package func reconfigure() {
        state.withLock { state in
            state.changes += 1
            return state.session
        }?.reconfigure()
    }

    /// True once the running session has the present listeners and has forgotten the others, or when none can begin.
    package var hasListenersOfNow: Bool {
        let noneCanBegin = lease.isStandingBy
        return state.withLock { state in
            guard let begunWith = state.begunWith else {
                return state.hasEnded || noneCanBegin || state.fault != nil
            }
            return state.hasEnded || begunWith == state.changes
        }
    }

    private var stops: Bool {
        state.withLock { $0.stops }
    }

    package var session: Session? {
        state.withLock { $0.session }
    }

    /// Where the next session starts, whatever was saved.
    package var startToken: BSONDocument? {
        state.withLock { $0.token }
    }

    /// Why it ended, once it has.
    package var ending: (hasEnded: Bool, failure: (any Error)?) {
        state.withLock { ($0.hasEnded, $0.failure) }
    }

    /// Why no session can begin at the moment.
    package var fault: String? {
        state.withLock { $0.fault }
    }

    package var isOpen: Bool {
        state.withLock { !$0.hasEnded && ($0.session?.isOpen ?? false) }
    }
}
