import LockstepCore
import LockstepSinks
import LockstepState
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// One run of the pipeline from a checkpoint on: a queue, its handlers, the capture and the scans.
package final class Session: Sendable {
    package enum End: Sendable {
        case stopped
        /// The listeners are others now: what is in hand is finished and the position saved, and the next one begins.
        case reconfigured
        case rewind(String)
        case historyLost(String)
        case failed(any Error)
    }

    package let queue: WorkQueue
    package let capture: Capture?
    package let reconciler: Reconciler
    package let connection: Connection
    package let options: WatcherOptions
    private let threads: BlockingThreads
    package let log: Logger
    package let handlers: [Handler]
    /// Of the handlers' listeners, in their order.
    package let signatures: [ListenerSignature]
    package let serverHealth: ListenerHealth
    package let oplog = Mutex<(oldest: UInt32, newest: UInt32)?>(nil)
    private let elections = Elections()
    private let lease: LeaseKeeper
    package let saver: CheckpointSaver
    package let pauses = PauseNews()
    package let statistics: Statistics
    package var tallies: Tallies { statistics.tallies }
    private let plan: StartPlan
    package let mode: Mode
    private let end = Mutex<End?>(nil)
    /// Of the connection, when it began.
    private let generation: Int
    private let isWoundDown = Atomic(false)
    /// One reading of the stored pauses at a time.
    package let pausing = Mutex(())

    /// How long what is in hand may take when the listeners change: to give up a call costs more than to wait for it,
    /// but others wait meanwhile.
    private static let patienceForCalls = Duration.seconds(30)

    /// What a session is for.
    package enum Mode: Sendable {
        /// Go on from the checkpoint and follow the stream.
        case follow
        /// The same without the checkpoint, which leads nowhere any more.
        case followAnew
        /// Scan everything once and make it fresh; the stream and the checkpoint are left alone.
        case repair
    }

    /// Reads the checkpoint and decides where to begin; blocks.
    ///
    /// - Parameter term: of the lease.
    package init(_ pipeline: Pipeline, mode: Mode, term: Int64) throws {
        self.mode = mode
        lease = pipeline.lease
        options = pipeline.options
        threads = pipeline.threads
        log = pipeline.log
        let connection = pipeline.connection
        self.connection = connection
        statistics = pipeline.statistics
        generation = connection.pool.generation
        let log = pipeline.log
        let listeners = pipeline.listeners()
        let store = CheckpointStore(connection: connection, identifier: pipeline.identifier, term: term)
        let hasChangeStreams = try connection.deployment().hasChangeStreams
        let stored = try store.load(isNewest: hasChangeStreams)
        let watched = Array(Set(listeners.map(\.collection.name) + pipeline.collections))
        let stream = ChangeStream(
            connection: connection,
            collections: watched + [FailureStore.collection, WaitRequests.collection, PauseStore.collection],
            pipeline: pipeline.options.pipeline)
        // The term of office that everything read and written from here on belongs to.
        if mode != .repair { elections.saw(try store.barrier()) } else { try store.reopen() }
        plan = StartPlan(
            stored: stored, token: pipeline.startToken, stream: stream.fingerprint,
            listeners: listeners, present: stored.present, forgetsPosition: mode != .follow)
        for (definition, share) in stored.checkpoint?.inputs ?? [:] {
            pipeline.tallies.remember(share, of: definition)
        }
        pipeline.statistics.audit.remember(stored.checkpoint?.audit)
        if let problem = plan.problem { log.warning("\(problem): rescanning all documents") }
        let queue = WorkQueue(
            listeners: listeners.count, limit: pipeline.options.queueBytes, ownWrites: pipeline.ownWrites)
        let failures = FailureStore(connection: connection)
        // What is parked of listeners that this watcher had and has no more.
        let gone = Set(stored.checkpoint.map { Array($0.listeners.keys) } ?? []).subtracting(
            listeners.map(\.id))
        if mode != .repair, !gone.isEmpty {
            // First that they were scanned: one that comes back must be again.
            try store.forget(listeners: gone)
            try failures.forget(listeners: gone)
        }
        let (parked, foreign) = try failures.counts()
        if foreign > 0 {
            log.warning(
                "\(foreign) entries of `\(FailureStore.collection)` are not Lockstep's and are skipped; delete those whose `_id.listener` is no text"
            )
        }
        let oversized = try failures.oversized()
        let tellers = OutageTellers()
        let health = listeners.map { listener in
            let health = ListenerHealth(
                name: listener.id, log: log.about(listener.id), tellers: tellers)
            health.hasParked = parked[listener.id] != nil
            health.hasOversized = oversized.contains(listener.id)
            return health
        }
        serverHealth = ListenerHealth(name: "MongoDB", log: log)
        let collations = Collations(connection: connection)
        let graph = ListenerGraph(listeners)
        handlers = listeners.enumerated().map { [elections, serverHealth] index, listener in
            Handler(
                index: index, listener: listener, connection: connection, queue: queue,
                ownWrites: pipeline.ownWrites, failures: failures, health: health[index],
                serverHealth: serverHealth, knownInputs: pipeline.knownInputs,
                vectorLengths: pipeline.vectorLengths,
                statistics: pipeline.statistics.of(listener), pace: Pace(listener.model.limits),
                elections: elections,
                collations: collations,
                dependents: graph.dependents(of: index),
                endsWhenRefused: mode == .repair, log: log.about(listener.id))
        }
        if !parked.isEmpty { try Self.note(try failures.refusals(), handlers, connection) }
        let reconciler = Reconciler(
            connection: connection, listeners: listeners, health: health, queue: queue, failures: failures,
            elections: elections, plan: plan, statistics: pipeline.statistics, log: log)
        self.reconciler = reconciler
        self.queue = queue
        signatures = listeners.map(\.signature)
        saver = CheckpointSaver(
            store: store, stream: stream.fingerprint, listeners: signatures, queue: queue,
            reconciler: reconciler, elections: elections, needsPosition: hasChangeStreams,
            statistics: pipeline.statistics)
        if hasChangeStreams, mode != .repair {
            let router = EventRouter(
                listeners: listeners, watched: watched, ownWrites: pipeline.ownWrites, health: health,
                liveAfter: plan.liveAfter ?? BSONTimestamp(seconds: .max, increment: 0))
            capture = Capture(
                stream: stream, router: router, queue: queue, health: health, statistics: pipeline.statistics,
                log: log,
                onCollections: { collections in
                    collations.forget(collections)
                    reconciler.collectionsChanged(collections)
                }, onBlocked: { reconciler.fallBehind($0) }, onPauses: { [pauses] in pauses.tell() },
                reveal: { reconciler.reveal(&$0) })
        } else {
            capture = nil
            if mode != .repair {
                log.notice(
                    "this is a standalone server, which has no change streams: documents written through Lockstep are predicted at once, those written by others within \(pipeline.options.reconcileEvery)"
                )
            }
        }
        try reconciler.wantBroken()
        // mechanism pause-kept
        if mode != .repair { try takePauses() }
    }

    /// Runs until it ends, then drains if it was stopped, and saves what is done.
    package func run(_ progress: (any ProgressObserver)?) async -> End {
        await withTaskGroup(of: Void.self) { group in
            for handler in handlers {
                for _ in 0..<handler.listener.model.limits.concurrency {
                    group.addTask(executorPreference: threads) { await self.work(handler) }
                }
            }
            capture?.start(plan.stream)
            if let capture {
                group.addTask(executorPreference: threads) { self.finish(End(capture.waitUntilEnded())) }
            }
            group.addTask(executorPreference: threads) { await self.reconcile(progress) }
            if mode != .repair {
                group.addTask(executorPreference: threads) { await self.saveRegularly() }
                group.addTask(executorPreference: threads) { await self.followPauses() }
                group.addTask(executorPreference: threads) { await self.audit() }
                group.addTask(executorPreference: threads) { await self.watchRules() }
                if capture == nil {
                    group.addTask(executorPreference: threads) { await self.watchDeployment() }
                }
                group.addTask(executorPreference: threads) {
                    await self.lease.renew(publishing: { (self.running, self.lag) }) {
                        self.needsLeaseNoMore
                    }
                }
            }
            await withTaskExecutorPreference(threads) { await self.supervise() }
            await withTaskExecutorPreference(threads) { await self.windDown() }
            // A model that hangs had the time to drain.
            group.cancelAll()
            await group.waitForAll()
            return end.withLock { $0 } ?? .stopped
        }
    }

    package func stop() {
        finish(.stopped)
    }

    package func reconfigure() {
        // mechanism reload-drain, off: .reconfigured becomes .rewind("the listeners changed")
        finish(.reconfigured)
    }

    /// What it has in hand is finished and its position saved before it ends.
    private var endsInOrder: Bool {
        switch end.withLock({ $0 }) {
        case .stopped, .reconfigured: true
        default: false
        }
    }

    /// The stream is open; on a standalone server, the handlers run.
    package var isOpen: Bool {
        end.withLock { $0 == nil } && (capture?.isOpen ?? true)
    }

    /// All scans are through and the stream was read.
    package var hasCaughtUp: Bool {
        reconciler.isComplete && (capture?.position != nil || capture == nil)
    }

    /// A position of this session was saved, so that the next one can go on from there.
    package var hasSaved: Bool {
        saver.position != nil
    }

    private func finish(_ ending: End) {
        end.withLock { end in
            if end == nil { end = ending }
        }
        capture?.stop()
    }

    package var isEnding: Bool {
        end.withLock { $0 != nil }
    }

    /// What is in hand when the listeners change takes longer than a lease holds, perhaps.
    private var needsLeaseNoMore: Bool {
        if case .reconfigured = end.withLock({ $0 }) { return isWoundDown.load(ordering: .relaxed) }
        return isEnding
    }
}

// MARK: The tasks of a session

extension Session {
    /// A lane of a handler: takes what waits for its listener, one batch after another.
    private func work(_ handler: Handler) async {
        while let jobs = await nextJobs(handler) {
            do {
                try await handler.process(jobs)
            } catch {
                finish(.failed(error))
                return
            }
        }
    }

    /// What waits for a listener, once its model is not known to be out. Nil once the queue is closed.
    private func nextJobs(_ handler: Handler) async -> [Job]? {
        while true {
            while let pause = handler.health.holdsUntil(.now), !isEnding {
                try? await Task.sleep(until: min(pause, .now + .milliseconds(100)))
            }
            let limits = handler.pace.limits.within(handler.health.writes.trial)
            guard let jobs = await queue.next(listener: handler.index, limits) else { return nil }
            guard let pause = handler.health.holdsUntil(.now) else { return jobs }
            // Another lane has met an outage, or it was paused: nobody holds documents through it.
            handler.giveBack(jobs, due: pause)
        }
    }

    /// Watches over the others, ten times a second, until the session ends.
    private func supervise() async {
        while !isEnding {
            queue.releaseDue(.now)
            if elections.changed { return finish(.rewind("there was an election")) }
            if connection.pool.generation != generation {
                return finish(.rewind("MongoDB was connected to anew"))
            }
            if mode != .repair, !lease.isHeld { return finish(.rewind("the lease was lost")) }
            try? await Task.sleep(for: .milliseconds(100))
            if Task.isCancelled { finish(.stopped) }
        }
    }

    /// A server without change streams may be made the member of a replica set.
    private func watchDeployment() async {
        while !isEnding {
            // While it does not answer, the audit tells.
            if (try? connection.deployment())?.hasChangeStreams == true {
                return finish(.rewind("MongoDB is a replica set now, with a change stream"))
            }
            for _ in 0..<Self.deploymentInterval where !isEnding {
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Tenths of a second.
    private static let deploymentInterval = 50

    /// Saves positions and progress as they fall due, and watches how far the oplog reaches; apart from the supervision, since a majority may be long in coming.
    private func saveRegularly() async {
        var headroom = HeadroomWatch()
        var outage = OutageLog()
        while !isEnding {
            if let (text, isLoud) = headroom.look(
                saver.position, isWanted: tallies.isWanted, connection)
            {
                log.log(level: isLoud ? .error : .warning, "\(text)")
            }
            oplog.withLock { [window = headroom.window] in $0 = window }
            do throws(MongoError) {
                if try saver.saveIfDue(capture), let text = outage.over(.now) {
                    log.notice("positions are saved again\(text)")
                }
            } catch {
                if error.code == MongoError.Code.duplicateKey {
                    return finish(.rewind("another process has taken over"))
                }
                if !error.isTransient { return finish(.failed(error)) }
                // The next round tries again. That the server is away, the capture says; that there is no majority, the lease.
                if error.source == .server, !error.isAboutMajority, let text = outage.failed(.now) {
                    log.warning(
                        "the position cannot be saved: \(error) What was done since is checked again later\(text)."
                    )
                }
            }
            try? await Task.sleep(for: .milliseconds(saver.isAwaited(capture) ? 5 : 100))
        }
    }

    private func reconcile(_ progress: (any ProgressObserver)?) async {
        do {
            // What is scanned must be followed from before on.
            if let capture, capture.waitUntilOpen() != nil { return }
            // mechanism position-first
            if capture != nil { try saver.save() }
            let schedule: Reconciler.Schedule =
                switch (mode, capture) {
                case (.repair, _): .once
                case (_, nil): .again(every: options.reconcileEvery)
                default: .onRequest
                }
            try await reconciler.run(schedule, progress) { self.isEnding }
            finish(.stopped)
        } catch let error as MongoError where error.isTransient {
            finish(.rewind("a scan was interrupted (\(error))"))
        } catch {
            finish(.failed(error))
        }
    }

    /// Lets the handlers finish what they have, saves, and closes the queue.
    private func windDown() async {
        capture?.stop()
        try? wakeStream()
        switch end.withLock({ $0 }) {
        case .stopped:
            let deadline = ContinuousClock.now + options.drainTimeout
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
        if endsInOrder, !elections.changed, mode != .repair {
            do {
                let isDone = queue.isIdle && capture?.hasEnded == true
                try saver.save(last: isDone ? capture?.position : nil)
            } catch {
                log.warning(
                    "the last position could not be saved: \(error). It is read again from the one before.")
            }
        }
        queue.close()
        isWoundDown.store(true, ordering: .relaxed)
    }
}

extension Session.End {
    package init(_ end: Capture.End) {
        switch end {
        case .stopped: self = .stopped
        case .historyLost(let why): self = .historyLost(why)
        case .rewind(let why): self = .rewind(why)
        case .failed(let error): self = .failed(error)
        }
    }
}

// MARK: From outside

extension Session {
    /// Every change up to that time is reflected in the outputs of these listeners, and nothing of them is to be scanned;
    /// on a standalone server, everything that was noted.
    package func isFresh(_ time: BSONTimestamp?, _ listeners: some Sequence<Int>) -> Bool {
        let concerned = reconciler.order.withUpstreams(of: listeners)
        // In that order: what is dropped from the queue is wanted of a scan before.
        return hasHandled(time, concerned) && reconciler.isComplete(concerned)
            && (capture == nil || capture?.position != nil)
    }

    private func hasHandled(_ time: BSONTimestamp?, _ listeners: Set<Int>) -> Bool {
        guard capture != nil, let time else { return listeners.allSatisfy { queue.isIdle($0) } }
        return queue.safePosition(of: listeners).map { $0.clusterTime >= time } ?? false
    }

    /// Has an idle stream report its position now, and not only after its pause; blocks.
    package func wakeStream() throws {
        guard capture?.isIdle == true else { return }
        let request = BSONValue.objectID()
        try WaitRequests.add(request, connection, concern: nil)
        try WaitRequests.remove(request, connection)
    }

    /// What was handled so far stands: it was not read from a primary that has been followed by another one. Blocks.
    package func isProven() throws(MongoError) -> Bool {
        guard capture != nil else { return true }
        do {
            return try saver.proves()
        } catch {
            // Without an answer nothing is known, and whoever has lost the lease begins anew.
            guard error.isTransient || error.code == MongoError.Code.duplicateKey else { throw error }
            return false
        }
    }

    /// Queues documents without an event of the stream.
    package func note(_ ids: [BSONValue], in collection: Collection) {
        let offers = handlers.filter { $0.listener.collection == collection }.flatMap { handler in
            ids.map {
                Offer(listener: handler.index, key: DocumentKey($0), change: PendingChange())
            }
        }
        guard queue.load.bytes < queue.limit else {
            // Found by the next scan.
            return reconciler.collectionsChanged([collection.name])
        }
        queue.offer(reconciler.order.keep(offers))
    }
}
