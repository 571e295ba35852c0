import CoreMetrics
import LockstepCore
import LockstepState
import MongoDriver
import Synchronization

/// What the models of a watcher cost, each by its name, from session to session.
package final class Costs: Sendable {
    private let known = Mutex<[String: ModelCosts]>([:])
    private let metrics: any MetricsFactory

    package init(metrics: any MetricsFactory) {
        self.metrics = metrics
    }

    /// Of a model that is a service, or has a price; nil for others, which cost nothing by the call.
    package func of(_ model: any Provider) -> ModelCosts? {
        let terms = model.terms
        guard terms.areCounted else { return nil }
        return known.withLock { known in
            if let costs = known[model.name] { return costs }
            let costs = ModelCosts(model.name, terms, metrics: metrics)
            known[model.name] = costs
            return costs
        }
    }

    /// Those of some listeners' models, each once.
    package func of(_ listeners: some Sequence<Listener>) -> [ModelCosts] {
        var seen: Set<String> = []
        return listeners.compactMap { seen.insert($0.model.name).inserted ? of($0.model) : nil }
    }

    /// Those of some listeners' models, under the terms of now; what their budgets have left is still to be read.
    package func adopted(_ listeners: some Sequence<Listener>) -> [ModelCosts] {
        for listener in listeners { of(listener.model)?.adopt(listener.model.terms) }
        return of(listeners)
    }
}

extension ModelTerms {
    /// The model is a service, or has a price.
    var areCounted: Bool {
        isRemote || price != nil || budget != nil
    }
}

/// Brings what models cost into the ledger, and what others have written there back.
package struct LedgerKeeper: Sendable {
    private let store: LedgerStore
    private let batches: BatchStore
    private let models: [ModelCosts]

    package init(_ connection: Connection, _ models: [ModelCosts]) {
        store = LedgerStore(connection: connection)
        batches = BatchStore(connection: connection)
        self.models = models
    }

    /// Saves what is not in the ledger yet. Blocks.
    ///
    /// - Parameter always: reads it though there is nothing to save.
    package func save(always: Bool = false) throws {
        for costs in models {
            let entries = costs.entries()
            for entry in entries {
                try store.add(entry)
                costs.saved(entry)
            }
            if always || !entries.isEmpty { try read(costs) }
        }
    }

    /// Forgets days that are too old. Blocks.
    package func tidy() throws {
        guard !models.isEmpty else { return }
        let oldest = currentMilliseconds() - LedgerStore.daysKept * 86_400_000
        try store.forget(before: CalendarTime(milliseconds: oldest).dayText)
    }

    private func read(_ costs: ModelCosts) throws {
        let time = currentMilliseconds()
        let now = CalendarTime(milliseconds: time)
        let rows = try store.rows(since: now.dayText)
        let spent = try costs.budget.map { try store.spent(on: costs.model, $0, at: now) }
        let jobs = try costs.budget.map { budget in
            try batches.jobs(of: costs.model, since: budget.period?.start(at: time) ?? 0)
        }
        let today = rows.first { $0.model == costs.model && $0.day == now.dayText }
        costs.know(today: today?.counts ?? LedgerCounts(), of: now.dayText, spent: spent, jobs: jobs ?? [])
    }
}
