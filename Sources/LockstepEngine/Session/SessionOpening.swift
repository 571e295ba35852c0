import LockstepCore
import LockstepState
import Logging
import MongoBSON
import MongoDriver

/// What a session finds in the database when it begins: the only part of a session's making that asks the server.
struct SessionOpening {
    let mode: SessionMode
    let listeners: PerListener<Listener>
    /// The collections whose events count.
    let watched: [String]
    let hasChangeStreams: Bool
    let stream: ChangeStream
    let checkpoints: CheckpointStore
    let failures: FailureStore
    let plan: StartPlan
    /// Notes the term of office that everything read and written belongs to.
    let elections: Elections
    /// Of the connection, before the first question.
    let generation: Int
    /// The ids of listeners that have parked documents.
    let parked: Set<String>
    /// Those of them that have one parked because there was no room in it.
    let oversized: Set<String>
    /// Why MongoDB refuses outputs, by listener, under the rules of now.
    let refusals: [String: RefusedOutputs]
    /// The ids of listeners whose model runs with something else than when inputs broke it.
    let changedModels: Set<String>
    /// The ids of listeners with jobs at a batch API that are not over.
    let withJobs: Set<String>

    /// Reads the checkpoint and decides where to begin; forgets what belongs to listeners that are gone. Blocks.
    ///
    /// - Parameters:
    ///   - term: of the lease.
    ///   - startToken: where to start whatever was saved; nil for the saved position.
    static func read(
        _ context: WatcherContext, _ mode: SessionMode, term: Int64, startToken: BSONDocument?
    ) throws -> SessionOpening {
        let (connection, log) = (context.connection, context.log)
        let generation = connection.pool.generation
        let listeners = PerListener(context.listeners())
        let checkpoints = CheckpointStore(
            connection: connection, identifier: context.identifier, term: term)
        let failures = FailureStore(connection: connection)
        let hasChangeStreams = try connection.deployment().hasChangeStreams
        let stored = try checkpoints.load(isNewest: hasChangeStreams)
        let watched = Array(Set(listeners.map(\.collection.name) + context.collections))
        let stream = ChangeStream(
            connection: connection,
            collections: watched + [FailureStore.collection, WaitStore.collection, PauseStore.collection],
            pipeline: context.options.pipeline)
        let elections = Elections()
        if mode != .repair { elections.note(try checkpoints.barrier()) } else { try checkpoints.reopen() }
        let plan = StartPlan(
            stored: stored, token: startToken, stream: stream.fingerprint,
            listeners: listeners, present: stored.present, forgetsPosition: mode != .follow)
        if let problem = plan.problem { log.warning("\(problem): rescanning all documents") }
        context.restoreCounts(stored.checkpoint)
        if mode != .repair { try forgetOthers(stored.checkpoint, listeners, checkpoints, failures) }
        // What budgets have left.
        try LedgerKeeper(connection, context.costs.adopted(listeners)).save(always: true)
        let (counts, foreign) = try failures.counts()
        if foreign > 0 {
            log.warning(
                "\(foreign) entries of `\(FailureStore.collection)` are not Lockstep's and are skipped; delete those whose `_id.listener` is no text"
            )
        }
        let parked = Set(counts.keys)
        return SessionOpening(
            mode: mode, listeners: listeners, watched: watched, hasChangeStreams: hasChangeStreams,
            stream: stream, checkpoints: checkpoints, failures: failures, plan: plan, elections: elections,
            generation: generation, parked: parked, oversized: try failures.oversized(),
            refusals: counts.isEmpty ? [:] : try standingRefusals(failures, listeners, connection),
            changedModels: try changedModels(failures, listeners, parked, log),
            withJobs: mode == .repair ? [] : try openJobs(connection, listeners, log))
    }

    /// The listeners with jobs at batch APIs; those of listeners that are gone go to one that takes their answers.
    private static func openJobs(
        _ connection: Connection, _ listeners: PerListener<Listener>, _ log: Logger
    ) throws -> Set<String> {
        let store = BatchStore(connection: connection)
        var open = try store.open()
        let known = listeners.values.map(\.id)
        if !Set(open.keys).isSubset(of: known) {
            for listener in listeners where listener.model.batchService != nil {
                try store.adopt(
                    by: listener.id, memoName: listener.model.memoName, version: listener.modelVersion,
                    besides: known)
            }
            open = try store.open()
        }
        for (listener, count) in open.sorted(by: { $0.key < $1.key }) where !known.contains(listener) {
            log.warning(
                "\(listener): \(count) of its batch jobs are not over, and no listener takes their answers: put it back, or cancel them at the provider"
            )
        }
        return Set(open.keys)
    }

    /// Forgets what is stored of listeners that this watcher had and has no more.
    private static func forgetOthers(
        _ checkpoint: Checkpoint?, _ listeners: PerListener<Listener>, _ checkpoints: CheckpointStore,
        _ failures: FailureStore
    ) throws {
        let known = checkpoint.map { Array($0.listeners.keys) } ?? []
        let gone = Set(known).subtracting(listeners.map(\.id))
        guard !gone.isEmpty else { return }
        // First that they were scanned: one that comes back must be again.
        try checkpoints.forget(listeners: gone)
        try failures.forget(listeners: gone)
    }

    /// The refusals of an earlier session whose rules still hold; the others are marked to be retried.
    private static func standingRefusals(
        _ failures: FailureStore, _ listeners: PerListener<Listener>, _ connection: Connection
    ) throws -> [String: RefusedOutputs] {
        var standing: [String: RefusedOutputs] = [:]
        let refusals = try failures.refusals()
        for listener in listeners {
            guard let refused = refusals[listener.id] else { continue }
            // Without the right to read them they are taken for what they were.
            let rules = try? connection.rules(of: listener.collection.name).fingerprint
            if let rules, rules != refused.rules {
                try failures.retryRefused(listener: listener.id, from: 0)
            } else {
                standing[listener.id] = refused
            }
        }
        return standing
    }

    private static func changedModels(
        _ failures: FailureStore, _ listeners: PerListener<Listener>, _ parked: Set<String>, _ log: Logger
    ) throws -> Set<String> {
        var changed: Set<String> = []
        for listener in listeners where parked.contains(listener.id) {
            guard let setup = listener.model.setup,
                try failures.hasBroken(listener: listener.id, underOtherThan: setup)
            else { continue }
            log.about(listener.id).notice(
                "\(listener.id): model `\(listener.modelName)` has changed since documents broke it: rescan, they are retried"
            )
            changed.insert(listener.id)
        }
        return changed
    }
}
