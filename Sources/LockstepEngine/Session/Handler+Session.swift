import LockstepCore
import LockstepSinks
import Logging

extension Handler {
    /// Of a session, one for each listener.
    static func all(
        _ context: WatcherContext, _ opening: SessionOpening, _ queue: WorkQueue,
        _ serverHealth: ServerHealth,
        _ collations: Collations
    ) -> PerListener<Handler> {
        let graph = ListenerGraph(opening.listeners.values)
        let accounts = Accounts(log: context.log)
        return opening.listeners.mapWithRefs { index, listener in
            let log = context.log.about(listener.id)
            let isByBatch =
                listener.model.batchService != nil
                && (listener.model.terms.batch != nil || opening.withJobs.contains(listener.id))
            let health = ListenerHealth(
                name: listener.id, log: log, account: accounts.of(listener.model),
                costs: context.costs.of(listener.model),
                batchGate: isByBatch && opening.mode != .repair ? BatchGate() : nil)
            health.hasParked = opening.parked.contains(listener.id)
            health.hasOversized = opening.oversized.contains(listener.id)
            if let refused = opening.refusals[listener.id] { health.writes.note(refused) }
            return Handler(
                index: index, listener: listener, connection: context.connection, queue: queue,
                sink: context.connection.sink(
                    of: listener, collations: collations, elections: opening.elections),
                ownWrites: context.ownWrites, failures: opening.failures, health: health,
                serverHealth: serverHealth, knownInputs: context.knownInputs,
                vectorLengths: context.vectorLengths,
                keptPredictions: context.kept.predictions(of: listener),
                memo: ModelMemo(context.memo, listener.model), inputCounts: context.inputCounts,
                statistics: context.statistics.of(listener), pace: Pace(listener.model),
                collations: collations,
                dependents: graph.readers(of: index), endsWhenRefused: opening.mode == .repair, log: log)
        }
    }
}
