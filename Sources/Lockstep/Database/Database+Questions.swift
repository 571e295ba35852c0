import LockstepCore
import LockstepEngine
import LockstepState
import MongoBSON
import MongoDriver

// MARK: Freshness

extension Database {
    /// Judges every document for every listener; writes nothing.
    ///
    /// - Returns: a tally for each listener, in their order.
    public func audit(progress: (any ProgressObserver)? = nil) async throws -> [ListenerReport] {
        try await DatabaseAudit(access: access, listeners: listeners).run(progress)
    }

    /// What a daemon is about to compute and to remove; writes nothing and asks no model.
    ///
    /// - Parameter perSecond: inputs a second of each listener's model, by the listener's id, where that is known.
    /// - Returns: a plan for each listener, in their order.
    package func plan(
        perSecond: [String: Double] = [:], progress: (any ProgressObserver)? = nil
    ) async throws -> [ListenerPlan] {
        try await DatabasePlan(access: access, listeners: listeners).run(perSecond: perSecond, progress)
    }

    /// Calls the models again for every fresh output and compares.
    ///
    /// - Returns: for each listener, in their order, how many outputs were compared and the documents that differ.
    public func recompute() async throws -> [(compared: Int, different: [BSONValue])] {
        try await recomputation().map { ($0.compared, $0.different) }
    }

    /// The same, with how the outputs were compared.
    package func recomputation() async throws -> [RecomputationReport] {
        try await DatabaseAudit(access: access, listeners: listeners).recompute()
    }

    /// Removes the provenance of a listener's outputs: the next scan finds them stale.
    package func distrust(_ ids: [BSONValue], of listener: Listener) async throws {
        try await DatabaseAudit(access: access, listeners: listeners).distrust(ids, of: listener)
    }

    /// Waits until the running daemon has handled everything of these listeners that was committed before this call.
    ///
    /// - Parameter wanted: default: all that were added here.
    /// - Throws: ``LockstepError/timeout(_:)`` when the time is over, or within five seconds when no daemon runs them.
    package func waitForDaemon(_ wanted: [ListenerSignature]? = nil, timeout: Duration) async throws {
        try await DaemonWait(
            access, hasChangeStreams: deployment.hasChangeStreams,
            wanted: wanted ?? listeners.map(\.signature), timeout: timeout
        ).run()
    }
}

// MARK: Costs

extension Database {
    /// What the models have used and cost on each day (UTC) that lies in the last time, the newest first.
    package func costs(since time: Duration) async throws -> [LedgerStore.Row] {
        let seconds = min(time.components.seconds, 100 * 365 * 86_400)
        let first = CalendarTime(milliseconds: currentMilliseconds() - seconds * 1000)
        return try await access.perform { try LedgerStore(connection: $0).rows(since: first.dayText) }
    }

    /// Brings what a command calls, meanwhile and outside of a watcher, into the ledger.
    package func recording<Result: Sendable>(
        _ calls: CommandCalls, while body: () async throws -> Result
    ) async rethrows -> Result {
        try await access.recording(calls, while: body)
    }

    /// Brings what calls have cost into the ledger, where that is possible.
    package func save(_ calls: CommandCalls) async {
        try? await access.perform { try calls.save($0) }
    }

    /// The jobs at batch APIs that were begun in the last time, the oldest first.
    package func batches(since time: Duration) async throws -> [BatchJob] {
        let milliseconds = min(time.components.seconds, 100 * 365 * 86_400) * 1000
        return try await access.perform {
            try BatchStore(connection: $0).all(since: currentMilliseconds() - milliseconds)
        }
    }
}

// MARK: Mistakes and failures

extension Database {
    /// Likely mistakes in the listeners: a collection that is not there, a key that no document has, a filter that
    /// matches nothing, and outputs that the next scan removes. Looks at the documents for a bounded time; changes nothing.
    public func warnings() async throws -> [ListenerWarning] {
        try await listenerCheck.warnings()
    }

    /// The parked documents, ordered by listener and `_id`.
    public func failures() async throws -> [ParkedDocument] {
        try await parked.all()
    }

    /// Asks the running watcher to try parked documents again; gives how many there are.
    ///
    /// - Parameters:
    ///   - listener: only those of this listener.
    ///   - document: only the one with this `_id`.
    ///   - reason: only those that were parked for exactly this reason.
    @discardableResult
    public func retryFailures(
        listener: String? = nil, document: BSONValue? = nil, reason: String? = nil
    ) async throws -> Int {
        try await parked.retry(listener: listener, document: document, reason: reason)
    }
}

// MARK: For commands

extension Database {
    var access: DatabaseAccess { DatabaseAccess(connection: connection, threads: threads) }

    package var inspection: DatabaseInspection {
        DatabaseInspection(access: access, listeners: listeners)
    }

    package var listenerCheck: ListenerCheck { ListenerCheck(access: access, listeners: listeners) }

    package var rights: RightsCheck {
        RightsCheck(access: access, deployment: deployment, listeners: listeners)
    }

    package var parked: ParkedDocuments { ParkedDocuments(access: access) }

    package var daemon: DaemonRecord { DaemonRecord(access: access) }

    package var orders: DaemonOrders { DaemonOrders(access: access) }
}
