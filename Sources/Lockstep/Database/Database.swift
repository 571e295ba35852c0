import LockstepCore
import LockstepEngine
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// A MongoDB database and the listeners on its collections.
///
/// ```swift
/// let db = try await Database.connect("mongodb://127.0.0.1:27017", database: "shop")
/// try await db.add(Listener(model: TextLength(), on: Collection("docs"), key: "text"))
/// ```
public final class Database: Sendable {
    package let connection: Connection
    private let firstDeployment: Deployment
    let threads: BlockingThreads
    let log: Logger
    let registry = ListenerRegistry()
    private let state = Mutex(State())

    private struct State {
        var watchers: [WeakWatcher] = []
        /// On a standalone server: makes the predictions of writes that no other watcher handles.
        var own: DatabaseWatcher?
    }

    private struct WeakWatcher {
        weak var watcher: DatabaseWatcher?
    }

    private init(connection: Connection, deployment: Deployment, threads: BlockingThreads, log: Logger) {
        self.connection = connection
        firstDeployment = deployment
        self.threads = threads
        self.log = log
    }

    deinit {
        // The database's own watcher finishes the waiting work and ends.
        state.withLock { $0.own }?.requestStop()
    }

    /// Connects and asks the server what it is.
    ///
    /// - Parameters:
    ///   - uri: a MongoDB connection string, as `mongodb://127.0.0.1:27017`.
    ///   - database: the name of the database whose collections have listeners.
    ///   - log: default: label `lockstep`.
    /// - Throws: ``MongoError`` when there is no server, or when it refuses the log-in.
    public static func connect(
        _ uri: String, database: String, log: Logger = Logger(label: "lockstep")
    ) async throws -> Database {
        let threads = BlockingThreads(name: "lockstep")
        let connection = try Connection.open(uri: uri, database: database)
        let deployment = try await threads.run { try connection.deployment() }
        return Database(connection: connection, deployment: deployment, threads: threads, log: log)
    }

    /// Adds a listener. Running watchers take it up at once and make its documents fresh.
    ///
    /// - Throws: ``LockstepError/badListener(_:)`` when it clashes with another or cannot work.
    public func add(_ listener: Listener) async throws {
        if let problem = listener.problems.first { throw LockstepError.badListener(problem) }
        try registry.change { present in
            let all = present + [listener]
            if let problem = ListenerGraph.problem(of: all) { throw LockstepError.badListener(problem) }
            return all
        }
        reconfigure()
    }

    /// Replaces all listeners. Running watchers finish their work in hand and go on with the new ones: documents of
    /// added listeners are scanned, parked documents of removed ones are forgotten.
    ///
    /// - Throws: ``LockstepError/badListener(_:)`` when they clash or one cannot work; then nothing has changed.
    package func setListeners(_ listeners: [Listener]) throws {
        if let problem = listeners.flatMap(\.problems).first ?? ListenerGraph.problem(of: listeners) {
            throw LockstepError.badListener(problem)
        }
        registry.change { _ in listeners }
        reconfigure()
    }

    private func reconfigure() {
        let watchers = state.withLock { $0.watchers.compactMap(\.watcher) + ($0.own.map { [$0] } ?? []) }
        for watcher in watchers { watcher.reconfigure() }
    }

    /// The server's kind by its last answer: it may change while we run.
    package var deployment: Deployment {
        connection.knownDeployment ?? firstDeployment
    }

    /// Threads that may wait for a server or a model.
    package var blockingThreads: any TaskExecutor {
        threads
    }

    /// The database's name.
    public var name: String {
        connection.database
    }

    /// The listeners, in the order in which they were added.
    public var listeners: [Listener] {
        registry.listeners
    }

    /// A collection to read from and write to.
    public subscript(collection: Collection) -> DatabaseCollection {
        DatabaseCollection(database: self, collection: collection)
    }
}

// MARK: Writes on a standalone server

extension Database {
    func register(_ watcher: DatabaseWatcher) {
        state.withLock { state in
            state.watchers.removeAll { $0.watcher == nil }
            state.watchers.append(WeakWatcher(watcher: watcher))
        }
    }

    /// Notes writes of this process on a server without change streams. On a replica set the stream reports them, and a
    /// second report would predict twice.
    func wrote(_ ids: [BSONValue], to collection: Collection) async throws {
        guard !deployment.hasChangeStreams, !ids.isEmpty,
            listeners.contains(where: { $0.collection == collection })
        else { return }
        try await watcherForOwnWrites().note(ids, in: collection)
    }

    /// The database's own watcher for writes that no other watcher handles; nil until there is such a write.
    var ownWatcher: DatabaseWatcher? {
        state.withLock { $0.own }
    }

    var reportsOwnWrites: Bool {
        !deployment.hasChangeStreams
    }

    private func watcherForOwnWrites() async throws -> DatabaseWatcher {
        let watchers = state.withLock { $0.watchers.compactMap(\.watcher) }
        if let running = watchers.first(where: { $0.isAvailable() }) { return running }
        let new = DatabaseWatcher(db: self)
        let own = state.withLock { state in
            if state.own == nil { state.own = new }
            return state.own ?? new
        }
        // Returns at once when it watches already.
        try await own.watch()
        return own
    }

    /// Waits until the predictions of everything written so far through this ``Database`` on a standalone server
    /// are stored; on a replica set the running watchers are asked.
    ///
    /// - Throws: ``LockstepError/timeout(_:)``.
    public func waitUntilFresh(timeout: Duration = .seconds(60)) async throws {
        let watchers = state.withLock { $0.watchers.compactMap(\.watcher) + ($0.own.map { [$0] } ?? []) }
        if !deployment.hasChangeStreams { try ownWatcher?.throwFailure() }
        for watcher in watchers where watcher.isAvailable() {
            try await watcher.waitUntilFresh(timeout: timeout)
        }
    }
}
