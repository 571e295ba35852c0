import LockstepCore
import LockstepEngine
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Watches a database's collections and keeps their predictions in step.
///
/// ```swift
/// let watcher = DatabaseWatcher(db: db, on: Collection("docs"))
/// try await watcher.watch()
/// watcher.isAvailable()
/// print(watcher.info())
/// try await watcher.stop()
/// ```
public final class DatabaseWatcher: Sendable {
    // Not the database: on a standalone server, the database owns a watcher.
    let pipeline: Pipeline
    private let task = Mutex<Task<Void, any Error>?>(nil)
    private let proofs: Proofs

    /// - Parameters:
    ///   - db: the database and its listeners.
    ///   - collection: the collection to watch; default: every collection that has a listener.
    ///   - options: under which name, from where on, with how much memory. Default: good for most.
    public init(db: Database, on collection: Collection? = nil, options: WatcherOptions = WatcherOptions()) {
        proofs = Proofs(threads: db.threads)
        let context = WatcherContext(
            connection: db.connection, options: options,
            identifier: options.identifier ?? collection?.name ?? "lockstep", threads: db.threads,
            log: db.log,
            collections: collection.map { [$0.name] } ?? []
        ) { [registry = db.registry] in
            registry.listeners.filter { collection == nil || $0.collection == collection }
        }
        pipeline = Pipeline(context)
        db.register(self)
    }

    /// Starts to watch; returns once the stream is open. A thread of its own listens from here on, and documents that
    /// are not fresh are looked for meanwhile.
    ///
    /// Where another process watches under the same identifier already, this one stands by and takes over when that
    /// ends, within ten seconds if it is killed; then it returns at once, and ``isAvailable()`` tells.
    ///
    /// Once it has failed it can be called again; once it was stopped, make another watcher.
    ///
    /// - Throws: when the stream cannot be opened.
    public func watch() async throws {
        start()
        while !pipeline.isOpen, !isStandingBy {
            let (hasEnded, failure) = pipeline.ending
            if let failure { throw failure }
            if hasEnded { throw LockstepError.notWatching }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// The running task, or a new one after a failed one.
    @discardableResult
    private func start(_ progress: (any ProgressObserver)? = nil) -> Task<Void, any Error> {
        task.withLock { task in
            if let task, pipeline.ending.failure == nil { return task }
            pipeline.forgetFailure()
            // The one task without a parent: the watcher owns it until it ends, so that a cancelled caller does not cut
            // its waits short while it finishes its work.
            let new = Task { [pipeline] in try await pipeline.run(progress) }
            task = new
            return new
        }
    }

    /// Watches until ``stop()`` is called or the task is cancelled; for programs that do nothing else.
    public func run(progress: (any ProgressObserver)? = nil) async throws {
        // mechanism cancel-shield, off: return try await pipeline.run(progress)
        let running = start(progress)
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            pipeline.stop()
        }
    }

    /// Scans every document once and makes it fresh, without following the stream.
    public func repair(progress: (any ProgressObserver)? = nil) async throws {
        let running = Task { [pipeline] in try await pipeline.repair(progress) }
        try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            pipeline.stop()
        }
    }

    /// True while the stream is open.
    public func isAvailable() -> Bool {
        pipeline.isOpen
    }

    /// Another process watches under the same identifier, and this one waits for its end.
    public var isStandingBy: Bool {
        pipeline.context.lease.isStandingBy
    }

    /// The counts of its work so far.
    public func info() -> WatcherInfo {
        pipeline.report.info
    }

    /// Its state, lag and queue, and each listener's documents; costs no query.
    ///
    /// Documents are counted while somebody calls this: the first answer may have no counts.
    public func status() -> WatcherStatus {
        pipeline.context.tallies.want()
        return pipeline.report.status
    }

    /// The same once the documents are counted, if that takes no longer than a second.
    package func countedStatus() async -> WatcherStatus {
        await pipeline.report.countedStatus
    }

    /// The same, without a request to count documents.
    package func glance() -> WatcherStatus {
        pipeline.report.status
    }

    /// Records the gauges in swift-metrics now, in place of twice a second: for a reader who reads them at once.
    package func recordGauges() async {
        _ = await pipeline.report.countedStatus
        pipeline.report.recordGauges()
    }

    /// Documents that were handled a moment ago, oldest first: those numbered above `number`, a few of each round; and
    /// how many were handled since the watcher was made.
    public func recentChanges(after number: Int = 0) -> (changes: [RecentChange], count: Int) {
        pipeline.context.statistics.recent.after(number)
    }

    /// The cluster's time up to which everything that was read from the stream is reflected, saved or not.
    public var reflectedTime: BSONTimestamp? {
        reflectedTime(ofListeners: nil)
    }

    /// The same for some listeners and those whose outputs they read, by their ids; nil for all.
    public func reflectedTime(ofListeners ids: [String]?) -> BSONTimestamp? {
        guard let session = pipeline.session, let refs = session.refs(of: ids) else { return nil }
        let concerned = session.reconciler.order.withUpstreams(of: refs)
        return session.queue.safePosition(of: concerned)?.clusterTime
    }

    /// The ids of these listeners and of those whose outputs they read.
    package func withUpstreams(_ ids: [String]) -> Set<String> {
        guard let session = pipeline.session, let refs = session.refs(of: ids) else { return Set(ids) }
        return Set(
            session.reconciler.order.withUpstreams(of: refs).map { session.handlers[$0].listener.id })
    }

    /// Finishes the work in hand, saves the position and ends the thread.
    public func stop() async throws {
        pipeline.stop()
        let running = task.withLock { $0 }
        try await running?.value
    }

    /// Asks ``run(progress:)`` to end.
    public func requestStop() {
        pipeline.stop()
    }

    /// The token up to which everything is handled: another watcher can go on from there.
    public var resumeToken: BSONDocument? {
        pipeline.session?.queue.safePosition?.token
    }

    /// The token that was read last, handled or not.
    public var lastReadToken: BSONDocument? {
        pipeline.session?.capture?.position?.token
    }

    /// Everything that was there at the start has been scanned.
    public var hasCaughtUp: Bool {
        pipeline.session?.hasCaughtUp ?? false
    }

    /// It was stopped, or it failed.
    public var hasEnded: Bool {
        pipeline.ending.hasEnded
    }

    /// Waits until every change that was acknowledged before this call is reflected in the outputs.
    ///
    /// - Throws: ``LockstepError/timeout(_:)``, ``LockstepError/notWatching``, or what the watcher ended with.
    public func waitUntilFresh(timeout: Duration = .seconds(60)) async throws {
        try await waitUntilFresh(after: try await operationTime(), timeout: timeout)
    }

    /// Waits until every change that was acknowledged before this call is reflected in the outputs of one listener,
    /// whatever the others wait for.
    ///
    /// - Parameters:
    ///   - id: the listener's, as `status()` gives it.
    ///   - timeout: how long to wait.
    /// - Throws: as ``waitUntilFresh(timeout:)``, and ``LockstepError/noListener(_:)``.
    public func waitUntilFresh(listener id: String, timeout: Duration = .seconds(60)) async throws {
        try await waitUntilFresh(after: try await operationTime(), listeners: [id], timeout: timeout)
    }

    /// The cluster's time now: every write acknowledged before has an earlier or the same one. Nil on a standalone
    /// server.
    public func operationTime() async throws -> BSONTimestamp? {
        let connection = pipeline.context.connection
        return try await pipeline.context.threads.run { try connection.operationTime() }
    }

    /// Waits until every change up to an operation time, which a driver's session tells, is reflected in the outputs.
    ///
    /// - Parameters:
    ///   - time: nil on a standalone server: everything that was noted by this process.
    ///   - timeout: how long to wait.
    /// - Throws: as ``waitUntilFresh(timeout:)``.
    public func waitUntilFresh(after time: BSONTimestamp?, timeout: Duration) async throws {
        try await waitUntilFresh(after: time, listeners: nil, timeout: timeout)
    }

    /// The same for some listeners, by their ids, and for those whose outputs they read.
    ///
    /// - Parameters:
    ///   - time: nil on a standalone server: everything that was noted by this process.
    ///   - ids: nil for all.
    ///   - timeout: how long to wait.
    public func waitUntilFresh(
        after time: BSONTimestamp?, listeners ids: [String]?, timeout: Duration
    ) async throws {
        try await FreshnessWait(pipeline: pipeline, proofs: proofs).run(
            after: time, listeners: ids, timeout: timeout)
    }

    /// Throws the error with which it ended, if it failed.
    func throwFailure() throws {
        if let failure = pipeline.ending.failure { throw failure }
    }

    func reconfigure() {
        pipeline.reconfigure()
    }

    /// The present listeners run: no model of a removed listener is in use, and its parked documents are forgotten.
    package var hasListenersOfNow: Bool {
        pipeline.hasListenersOfNow
    }

    /// Documents that this process wrote on a server without change streams.
    func note(_ ids: [BSONValue], in collection: Collection) {
        pipeline.session?.note(ids, in: collection)
    }
}
