import Logging
import Synchronization

/// Reads the change stream on a thread of its own and fills the queue.
final class Capture: Sendable {
    enum End: Sendable {
        case stopped
        case historyLost(String)
        case failed(MongoError)
    }

    private struct State {
        var isOpen = false
        var stops = false
        var end: End?
        /// The last position read, handled or not.
        var position: Position?
        /// The position that somebody waits for.
        var awaited: Position?
        /// Events read since the stream was opened.
        var events = 0
    }

    private let stream: ChangeStream
    private let router: Router
    private let queue: WorkQueue
    private let statistics: Statistics
    private let log: Logger
    private let onCollections: @Sendable ([String]) -> Void
    private let state = Monitor(State())

    init(
        stream: ChangeStream, router: Router, queue: WorkQueue, statistics: Statistics, log: Logger,
        onCollections: @escaping @Sendable ([String]) -> Void
    ) {
        self.stream = stream
        self.router = router
        self.queue = queue
        self.statistics = statistics
        self.log = log
        self.onCollections = onCollections
    }

    /// Starts the listening thread.
    func start(_ start: StartPlan.Stream) {
        startNamedThread("lockstep-capture") { [self] in
            let end = listen(start)
            state.signalling { state in
                state.isOpen = false
                state.end = end
            }
        }
    }

    /// Asks the thread to end after the batch it is reading.
    func stop() {
        state.signalling { $0.stops = true }
    }

    /// Blocks until the stream is open or has ended.
    func waitUntilOpen() -> End? {
        state.wait { state -> End?? in
            if let end = state.end { return .some(end) }
            return state.position != nil ? .some(nil) : nil
        }
    }

    /// Blocks until the thread has ended.
    func waitUntilEnded() -> End {
        state.wait { $0.end }
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }
    var position: Position? { state.withLock { $0.position } }
    var awaited: Position? { state.withLock { $0.awaited } }
    var events: Int { state.withLock { $0.events } }
}

// MARK: The thread

extension Capture {
    private func listen(_ start: StartPlan.Stream) -> End {
        var from = start
        var backoff = Backoff()
        var isOut = false
        while !stops {
            do throws(Interruption) {
                try follow(&from) {
                    backoff.reset()
                    if isOut { log.notice("the change stream is open again") }
                    isOut = false
                }
                return .stopped
            } catch {
                state.withLock { $0.isOpen = false }
                switch StreamFault(error.cause, opening: error.opening) {
                case .historyLost: return .historyLost(error.cause.description)
                case .fatal: return .failed(error.cause)
                case .retry:
                    if !isOut { log.warning("\(error.cause); trying again until it works") }
                    isOut = true
                    sleep(backoff.next())
                }
            }
        }
        return .stopped
    }

    private struct Interruption: Error {
        let cause: MongoError
        let opening: Bool
    }

    /// Follows the stream until it is stopped; `from` moves along, so that it can be opened again there.
    private func follow(_ from: inout StartPlan.Stream, _ opened: () -> Void) throws(Interruption) {
        let lent = stream.connection.pool.borrow()
        var cursor: ServerCursor
        do throws(MongoError) {
            cursor = try stream.open(from, with: lent.client)
        } catch {
            throw Interruption(cause: error, opening: true)
        }
        var isFirst = true
        while !stops {
            do throws(MongoError) {
                guard
                    let batch = try cursor.next(
                        with: lent.client, limit: ChangeStream.batchLimit, patience: ChangeStream.patience)
                else {
                    break
                }
                guard let token = batch.resumeToken else { continue }
                if isFirst { opened() }
                isFirst = false
                from = .resume(token)
                guard take(batch, Position(token: token)) else { return }
            } catch {
                throw Interruption(cause: error, opening: false)
            }
        }
        cursor.close(with: lent.client)
        // The server closes the stream when the database is dropped; it goes on after that.
        if !stops { throw Interruption(cause: .closed(stream.connection.database), opening: false) }
    }

    /// Routes a batch into the queue; blocks while the queue is full. False once the queue is closed.
    private func take(_ batch: borrowing CursorBatch, _ position: Position) -> Bool {
        var findings = Router.Findings()
        batch.forEach { router.route(StreamEvent($0), into: &findings) }
        statistics.add(findings.counts)
        if !findings.changedCollections.isEmpty { onCollections(findings.changedCollections) }
        let taken = queue.offer(findings.offers, upTo: position)
        let events = findings.events
        let isAwaited = findings.isAwaited
        state.signalling { state in
            state.isOpen = true
            state.position = position
            state.events += events
            if isAwaited { state.awaited = position }
        }
        return taken
    }

    private var stops: Bool {
        state.withLock { $0.stops }
    }

    private func sleep(_ seconds: Double) {
        _ = state.wait(atMost: seconds) { $0.stops ? true : nil }
    }
}

extension MongoError {
    fileprivate static func closed(_ database: String) -> MongoError {
        MongoError(
            source: .network, code: 0, message: "the server closed the change stream",
            operation: "change stream",
            namespace: database)
    }
}
