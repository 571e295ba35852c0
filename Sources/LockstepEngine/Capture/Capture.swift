import LockstepCore
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Reads the change stream on a thread of its own and fills the queue.
package final class Capture: Sendable {
    package enum End: Sendable {
        case stopped
        case historyLost(String)
        /// The server is another one than the session was made for.
        case rewind(String)
        case failed(MongoError)
    }

    private struct State {
        var isOpen = false
        var stops = false
        var end: End?
        /// The last position read, handled or not.
        var position: Position?
        /// The times that somebody waits for.
        var awaited = AwaitedTimes()
        /// Events read that concern what is watched.
        var events = 0
        /// Those of `lockstep.failures`.
        var failureEvents = 0
        /// When the end of the stream was read, if nothing was read since.
        var endSeenAt: ContinuousClock.Instant?
        /// Nothing has come for a while, and the server is asked to wait longer before it says so again.
        var isIdle = false
        /// Why the stream is not open, while it is to be opened again.
        var fault: String?
    }

    private let stream: ChangeStream
    private let router: EventRouter
    private let queue: WorkQueue
    private let statistics: Statistics
    private let log: Logger
    private let health: PerListener<ListenerHealth>
    private let observer: any CaptureObserver
    /// The server leaves out other collections from the start.
    private let hidesOthers: Bool
    private let state = Monitor(State())

    /// A batch of fewer bytes, and of fewer events than were asked for, ends where the stream ends.
    private static let bytesOfEnd = 1 << 20

    package init(
        stream: ChangeStream, router: EventRouter, queue: WorkQueue, health: PerListener<ListenerHealth>,
        statistics: Statistics, log: Logger, hidesOthers: Bool, observer: any CaptureObserver
    ) {
        self.stream = stream
        self.router = router
        self.queue = queue
        self.statistics = statistics
        self.log = log
        self.health = health
        self.observer = observer
        self.hidesOthers = hidesOthers
    }

    /// Starts the listening thread.
    package func start(_ start: StartPlan.Stream) {
        startNamedThread("lockstep-capture") { [self] in
            let end = listen(start)
            state.signalling { state in
                state.isOpen = false
                state.end = end
            }
        }
    }

    /// Asks the thread to end after the batch it is reading.
    package func stop() {
        state.signalling { $0.stops = true }
    }

    /// Blocks until the stream is open or has ended.
    package func waitUntilOpen() -> End? {
        state.wait { state -> End?? in
            if let end = state.end { return .some(end) }
            return state.position != nil ? .some(nil) : nil
        }
    }

    /// Blocks until the thread has ended.
    package func waitUntilEnded() -> End {
        state.wait { $0.end }
    }

    package var hasEnded: Bool { state.withLock { $0.end != nil } }
    package var isOpen: Bool { state.withLock { $0.isOpen } }
    package var position: Position? { state.withLock { $0.position } }
    package var awaited: AwaitedTimes { state.withLock { $0.awaited } }
    package var events: Int { state.withLock { $0.events } }
    package var failureEvents: Int { state.withLock { $0.failureEvents } }
    package var fault: String? { state.withLock { $0.fault } }
    package var endSeenAt: ContinuousClock.Instant? { state.withLock { $0.endSeenAt } }
    package var isIdle: Bool { state.withLock { $0.isIdle && $0.isOpen } }
}

// MARK: The thread

extension Capture {
    private func listen(_ start: StartPlan.Stream) -> End {
        var from = start
        // The saved place may be of an event that is hidden now, without which MongoDB does not go on; a time it takes.
        // mechanism memo-place
        if hidesOthers, case .resume(let token) = start { from = .at(Position(token: token).clusterTime) }
        var reading = ChangeStream.Reading.batches
        var backoff = Backoff()
        var outage = OutageLog()
        var cuts = RepeatedCuts()
        // mechanism memo-hidden, off: hidesOthers becomes false
        var foreign = ForeignShare(isFiltered: hidesOthers)
        while !stops {
            do throws(Interruption) {
                let goesOn = try follow(&from, reading, &foreign) {
                    backoff.reset()
                    if let text = outage.over(.now) { log.notice("the change stream is open again\(text)") }
                }
                guard goesOn else { return .stopped }
                // The event that was too large is behind, or the server is to leave out more.
                reading = .batches
            } catch {
                state.withLock { $0.isOpen = false }
                var fault = StreamFault(error.cause, opening: error.opening)
                // What does not fit into a message of MongoDB's ends the connection, each time at the same place.
                if fault == .retry, error.opening == nil, cuts.again(at: from, reading),
                    hasEvent(from, isFiltered: foreign.isFiltered)
                {
                    fault = .tooLarge
                }
                switch fault {
                case .historyLost: return .historyLost(error.cause.description)
                case .noStreams: return .rewind("MongoDB is a standalone server now")
                case .fatal: return .failed(error.cause)
                case .tooLarge where foreign.countTooLarge():
                    if case .resume(let token) = from { from = .at(Position(token: token).clusterTime) }
                case .tooLarge:
                    guard let next = reading.afterTooLarge else {
                        return .historyLost("an event is larger than MongoDB delivers")
                    }
                    reading = next
                    if reading == .bare {
                        log.notice("an event is larger than 16 MB: its document is read instead")
                    }
                case .retry:
                    state.withLock { $0.fault = error.cause.description }
                    if let text = outage.failed(.now) {
                        log.warning("\(error.cause); trying again until it works\(text)")
                    }
                    sleep(backoff.next())
                }
            }
        }
        return .stopped
    }

    /// Where nothing is to be delivered, cuts are the network's alone.
    private func hasEvent(_ from: StartPlan.Stream, isFiltered: Bool) -> Bool {
        // mechanism cuts-proven, off:
        //   (try? stream.hasEvent(behind: from, isFiltered: isFiltered)) ?? false becomes true
        (try? stream.hasEvent(behind: from, isFiltered: isFiltered)) ?? false
    }

    private struct Interruption: Error {
        let cause: MongoError
        /// Where it could not be opened; nil when it was open.
        let opening: StartPlan.Stream?
    }

    /// Follows the stream; `from` moves along, so that it can be opened again there.
    ///
    /// - Returns: true when it is to be opened anew, in another way; false when it was stopped.
    private func follow(
        _ from: inout StartPlan.Stream, _ reading: ChangeStream.Reading, _ foreign: inout ForeignShare,
        _ opened: () -> Void
    ) throws(Interruption) -> Bool {
        let batches: ReadAhead
        do throws(MongoError) {
            batches = try ReadAhead.open(stream.connection) { client throws(MongoError) in
                try stream.open(from, reading, isFiltered: foreign.isFiltered, with: client)
            }
        } catch {
            throw Interruption(cause: error, opening: from)
        }
        defer { batches.close() }
        var isFirst = true
        var lastEvent = ContinuousClock.now
        var left = reading.eventLimit
        var changes = false
        while !stops, left > 0, !changes {
            do throws(MongoError) {
                let isIdle = .now - lastEvent > ChangeStream.idleAfter
                state.withLock { $0.isIdle = isIdle }
                let patience = isIdle ? ChangeStream.idlePatience : ChangeStream.patience
                guard let batch = try batches.next(limit: reading.batchLimit, patience: patience) else {
                    break
                }
                guard let token = batch.resumeToken else { continue }
                if isFirst {
                    try stream.requireHistory(upTo: from, batch.operationTime)
                    opened()
                }
                isFirst = false
                from = .resume(token)
                guard let findings = take(batch, Position(token: token), reading) else { return false }
                if findings.events > findings.foreignEvents { lastEvent = .now }
                left -= findings.events
                changes = foreign.count(bytes: findings.bytes, foreign: findings.foreignBytes)
                // A filter may hide the token's own event, without which MongoDB does not go on; a time it takes.
                // mechanism foreign-place
                if changes { from = .at(Position(token: token).clusterTime) }
            } catch {
                throw Interruption(cause: error, opening: nil)
            }
        }
        if stops { return false }
        // The server closes the stream when the database is dropped; it goes on after that.
        if left > 0, !changes { throw Interruption(cause: .closed(stream.connection.database), opening: nil) }
        return true
    }

    /// Routes a batch into the queue; blocks while the queue is full.
    ///
    /// - Returns: what it meant; nil once the queue is closed.
    private func take(
        _ batch: borrowing CursorBatch, _ position: Position, _ reading: ChangeStream.Reading
    ) -> EventRouter.Findings? {
        var findings = EventRouter.Findings()
        batch.forEach { router.route(StreamEvent($0, isBare: reading == .bare), into: &findings) }
        statistics.add(findings.counts)
        if findings.changesPauses { observer.pausesChanged() }
        if !findings.changedCollections.isEmpty { observer.collectionsChanged(findings.changedCollections) }
        let readAt = ContinuousClock.now
        guard offer(findings.offers, StreamPlace(position: position, readAt: .now)) else { return nil }
        findings.offers = []
        let events = findings.events - findings.foreignEvents
        let failures = findings.failureEvents
        let isAwaited = findings.isAwaited
        let isEnd =
            findings.events == 0
            || findings.events < reading.batchLimit && findings.bytes < Self.bytesOfEnd
        state.signalling { state in
            state.isOpen = true
            state.position = position
            state.fault = nil
            // The server goes on filling a batch until it is at the end of the stream.
            state.endSeenAt = isEnd ? readAt : nil
            state.events += events
            state.failureEvents += failures
            if isAwaited { state.awaited.add(position.clusterTime, at: readAt) }
        }
        return findings
    }

    /// False once the queue is closed.
    private func offer(_ offers: [Offer], _ place: StreamPlace) -> Bool {
        var offers = offers
        while true {
            observer.reveal(&offers)
            switch queue.offer(offers, upTo: place, isOut: { health[$0].isOut }) {
            case .taken: return true
            case .closed: return false
            case .blocked(let listener): observer.queueIsBlocked(by: listener)
            }
        }
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
