import LockstepCore
import LockstepSinks
import LockstepState
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// One run of the pipeline from a checkpoint on: a queue, its handlers, the capture and the scans.
package final class Session: Sendable {
    package let queue: WorkQueue
    package let capture: Capture?
    package let reconciler: Reconciler
    package let connection: Connection
    package let handlers: PerListener<Handler>
    package let saver: CheckpointSaver
    package let freshness: Freshness
    /// Of MongoDB, as all handlers see it.
    package let serverHealth: ServerHealth
    package let pauses: PauseFollower
    let positions: PositionKeeper
    private let costs: CostsFollower
    private let context: WatcherContext
    private let opening: SessionOpening
    /// Of the handlers' listeners, in their order.
    private let signatures: PerListener<ListenerSignature>
    private let ending = SessionEnding()
    private let isWoundDown = Atomic(false)

    /// How long what is in hand may take when the listeners change: to give up a call costs more than to wait for it,
    /// but others wait meanwhile.
    private static let patienceForCalls = Duration.seconds(30)

    /// Makes a session of what was found in the database; asks nothing.
    init(_ context: WatcherContext, _ opening: SessionOpening) {
        let (connection, log, listeners) = (context.connection, context.log, opening.listeners)
        self.context = context
        self.opening = opening
        self.connection = connection
        serverHealth = ServerHealth(log: log)
        context.kept.forgetAll(but: listeners.values)
        queue = WorkQueue(
            listeners: listeners.count, limit: context.options.queueBytes, ownWrites: context.ownWrites)
        let collations = Collations(connection: connection)
        handlers = Handler.all(context, opening, queue, serverHealth, collations)
        let health = handlers.map(\.health)
        let reconciler = Reconciler(
            connection: connection, listeners: listeners, health: health, queue: queue,
            failures: opening.failures, elections: opening.elections, plan: opening.plan,
            statistics: context.statistics, inputs: context.inputCounts, log: log)
        reconciler.want(listeners.refs.filter { opening.changedModels.contains(listeners[$0].id) })
        self.reconciler = reconciler
        signatures = listeners.map(\.signature)
        saver = CheckpointSaver(
            store: opening.checkpoints, stream: opening.stream.fingerprint, listeners: signatures,
            queue: queue, reconciler: reconciler, elections: opening.elections,
            needsPosition: opening.hasChangeStreams, statistics: context.statistics,
            inputs: context.inputCounts, audit: context.auditRecord)
        let pauses = PauseFollower(
            store: PauseStore(connection: connection), handlers: handlers, reconciler: reconciler, log: log)
        self.pauses = pauses
        costs = CostsFollower(
            connection, handlers: handlers, reconciler: reconciler, mode: opening.mode, log: log)
        if opening.hasChangeStreams, opening.mode != .repair {
            capture = Capture(
                stream: opening.stream,
                router: EventRouter(
                    listeners: listeners, watched: opening.watched, ownWrites: context.ownWrites,
                    health: health,
                    liveAfter: opening.plan.liveAfter ?? BSONTimestamp(seconds: .max, increment: 0)),
                queue: queue, health: health, statistics: context.statistics, log: log,
                // Each answer is written to the memo, which nobody here wants to read.
                hidesOthers: handlers.contains { $0.memo != nil },
                observer: SessionObserver(collations: collations, reconciler: reconciler, pauses: pauses))
        } else {
            capture = nil
        }
        positions = PositionKeeper(saver: saver, capture: capture, connection: connection, log: log)
        freshness = Freshness(
            connection: connection, queue: queue, reconciler: reconciler, capture: capture, saver: saver)
    }
}

// MARK: Running

extension Session {
    /// Runs until it ends, then finishes what is in hand if it was stopped, and saves what is done.
    func run(_ progress: (any ProgressObserver)?) async -> SessionEnding.Reason {
        let threads = context.threads
        return await withTaskGroup(of: Void.self) { group in
            func start(_ task: @escaping @Sendable () async -> Void) {
                group.addTask(executorPreference: threads) { await task() }
            }
            for handler in handlers {
                let lane = Lane(handler: handler, queue: queue, ending: ending)
                for _ in 0..<handler.health.account.lanes { start { await self.work(lane) } }
            }
            if let capture {
                capture.start(opening.plan.stream)
                start { self.end(.init(capture.waitUntilEnded())) }
            }
            start { await self.scan(progress) }
            start { await self.costs.run(until: self.ending) }
            for handler in handlers {
                if let backfill = BatchBackfill(handler, reconciler, until: { self.ending.isEnding }) {
                    start { await backfill.run() }
                }
            }
            if opening.mode != .repair {
                let refusals = RefusalWatch(
                    connection: connection, handlers: handlers, reconciler: reconciler,
                    hasStream: capture != nil)
                start { await self.positions.run(until: self.ending) { self.context.tallies.isWanted } }
                start { await self.pauses.run(self.capture, until: self.ending) }
                start { await self.audit() }
                start { await refusals.run(until: self.ending) }
                if capture == nil { start { await self.watchDeployment() } }
                start { await self.renewLease() }
            }
            await withTaskExecutorPreference(threads) { await self.supervise() }
            await withTaskExecutorPreference(threads) { await self.windDown() }
            // A model that hangs had the time to finish.
            group.cancelAll()
            await group.waitForAll()
            await withTaskExecutorPreference(threads) { await self.costs.finish() }
            return ending.reason ?? .stopped
        }
    }

    package func stop() {
        end(.stopped)
    }

    func reconfigure() {
        // mechanism reload-drain, off: .reconfigured becomes .rewind("the listeners changed")
        end(.reconfigured)
    }

    private func end(_ reason: SessionEnding.Reason) {
        ending.end(reason)
        capture?.stop()
    }

    private func work(_ lane: Lane) async {
        do { try await lane.run() } catch { end(.failed(error)) }
    }

    private func scan(_ progress: (any ProgressObserver)?) async {
        do {
            // What is scanned must be followed from before on.
            if let capture, capture.waitUntilOpen() != nil { return }
            // mechanism position-first
            if capture != nil { try saver.save() }
            let schedule: ScanRunner.Schedule =
                switch (opening.mode, capture) {
                case (.repair, _): .once
                case (_, nil): .again(every: context.options.reconcileEvery)
                default: .onRequest
                }
            try await ScanRunner(reconciler, progress) { self.ending.isEnding }.run(schedule)
            end(.stopped)
        } catch let error as MongoError where error.isTransient {
            end(.rewind("a scan was interrupted (\(error))"))
        } catch {
            end(error.troubleOfSink.map { .rewind("a scan was interrupted (\($0))") } ?? .failed(error))
        }
    }

    private func audit() async {
        // mechanism audit, off: return
        guard capture != nil, let every = context.options.auditEvery else { return }
        let audit = PeriodicAudit(
            self, every: every, record: context.auditRecord, inputs: context.inputCounts, log: context.log)
        await audit.run(until: ending)
    }

    private func renewLease() async {
        await context.lease.renew(publishing: { (self.running.values, SessionStatus(self).lag) }) {
            // What is in hand when the listeners change takes longer than a lease holds, perhaps.
            if case .reconfigured = self.ending.reason {
                return self.isWoundDown.load(ordering: .relaxed)
            }
            return self.ending.isEnding
        }
    }

    /// Checks ten times a second whether the session may go on.
    private func supervise() async {
        while !ending.isEnding {
            queue.releaseDue(.now)
            if opening.elections.changed { return end(.rewind("there was an election")) }
            if connection.pool.generation != opening.generation {
                return end(.rewind("MongoDB was connected to anew"))
            }
            if opening.mode != .repair, !context.lease.isHeld { return end(.rewind("the lease was lost")) }
            try? await Task.sleep(for: .milliseconds(100))
            if Task.isCancelled { end(.stopped) }
        }
    }

    /// Ends the session when a standalone server has become the member of a replica set.
    private func watchDeployment() async {
        while !ending.isEnding {
            // While it does not answer, the audit reports it.
            if (try? connection.deployment())?.hasChangeStreams == true {
                return end(.rewind("MongoDB is a replica set now, with a change stream"))
            }
            let due = ContinuousClock.now + .seconds(5)
            while !ending.isEnding, .now < due { try? await Task.sleep(for: .milliseconds(100)) }
        }
    }

    /// Waits until the handlers have finished their work, saves, and closes the queue.
    private func windDown() async {
        capture?.stop()
        try? freshness.wakeStream()
        switch ending.reason {
        case .stopped:
            let deadline = ContinuousClock.now + context.options.drainTimeout
            while !queue.isIdle || capture?.hasEnded == false, .now < deadline {
                queue.releaseDue(.now)
                try? await Task.sleep(for: .milliseconds(5))
            }
        case .reconfigured:
            // What waits, the next session reads again; what a model computes at the moment would be computed twice.
            queue.close()
            let deadline = ContinuousClock.now + Self.patienceForCalls
            while queue.isInHand || capture?.hasEnded == false, .now < deadline, !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(5))
            }
        default: break
        }
        // Positions of a session that cannot be trusted are not saved.
        if ending.isOrderly, !opening.elections.changed, opening.mode != .repair {
            do {
                let isDone = queue.isIdle && capture?.hasEnded == true
                try saver.save(last: isDone ? capture?.position : nil)
            } catch {
                context.log.warning(
                    "the last position could not be saved: \("\(error)".withoutStop). It is read again from the one before."
                )
            }
        }
        queue.close()
        isWoundDown.store(true, ordering: .relaxed)
    }
}

// MARK: Status and requests

extension Session {
    /// The stream is open; on a standalone server, the handlers run.
    package var isOpen: Bool {
        !ending.isEnding && (capture?.isOpen ?? true)
    }

    /// All scans are done and the stream was read.
    package var hasCaughtUp: Bool {
        reconciler.isComplete && (capture?.position != nil || capture == nil)
    }

    /// A position of this session was saved, so that the next one can go on from there.
    var hasSaved: Bool {
        saver.position != nil
    }

    /// The listener with that id.
    package func ref(of listener: String) -> ListenerRef? {
        handlers.first(where: { $0.listener.id == listener })
    }

    /// The listeners with these ids, or all; nil when the session does not have one of them yet.
    package func refs(of ids: [String]?) -> [ListenerRef]? {
        guard let ids else { return handlers.refs }
        let refs = ids.compactMap { ref(of: $0) }
        return refs.count == ids.count ? refs : nil
    }

    /// What other processes read of the listeners, in their order.
    package var running: PerListener<RunningListener> {
        handlers.mapWithRefs { listener, handler in
            let (state, reason) = handler.health.condition(at: .now)
            return RunningListener(signatures[listener], state: state, reason: reason)
        }
    }

    /// Queues documents without an event of the stream.
    package func note(_ ids: [BSONValue], in collection: Collection) {
        let offers = handlers.values.filter { $0.listener.collection == collection }.flatMap { handler in
            ids.map { Offer(listener: handler.index, key: DocumentKey($0), change: PendingChange()) }
        }
        guard queue.hasRoom else {
            // Found by the next scan.
            return reconciler.collectionsChanged([collection.name])
        }
        queue.offer(reconciler.order.keep(offers))
    }
}
