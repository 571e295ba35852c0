import CoreMetrics
import LockstepCore
import MongoDriver
import Synchronization

/// The calls that a command makes, outside of a session: they cost as much, and stand in the ledger, too.
package final class CommandCalls: Sendable {
    private let known = Mutex<[String: ModelCosts]>([:])
    private let isOver = Atomic(false)
    private let keepsToBudgets: Bool

    private static let interval = Duration.seconds(1)

    /// - Parameter keepsToBudgets: no call is made that would exceed a budget. Of few calls, and of those that have a
    ///   bound of their own, a person has decided.
    package init(keepsToBudgets: Bool = false) {
        self.keepsToBudgets = keepsToBudgets
    }

    /// The model with its calls counted; itself where it costs nothing by the call.
    package func counted(_ model: any Provider) -> any Provider {
        var terms = model.terms
        guard terms.areCounted else { return model }
        if !keepsToBudgets { terms.budget = nil }
        let costs = known.withLock { known in
            let costs =
                known[model.name] ?? ModelCosts(model.name, terms, metrics: NOOPMetricsHandler.instance)
            known[model.name] = costs
            return costs
        }
        return CountedProvider(model: model, costs: costs)
    }

    /// Brings what calls have cost into the ledger. Blocks.
    ///
    /// - Parameter always: reads what budgets have left though there is nothing to save.
    package func save(_ connection: Connection, always: Bool = false) throws {
        let models = known.withLock { Array($0.values) }
        try LedgerKeeper(connection, models).save(always: always)
    }

    /// Saves once a second while calls are made, since a command may be killed, and the rest once they are made.
    package func recording<Result: Sendable>(
        _ save: @escaping @Sendable () async -> Void, while body: () async throws -> Result
    ) async rethrows -> Result {
        async let saving: Void = keepSaving(save)
        do {
            let result = try await body()
            isOver.store(true, ordering: .releasing)
            await saving
            return result
        } catch {
            isOver.store(true, ordering: .releasing)
            await saving
            throw error
        }
    }

    private func keepSaving(_ save: @Sendable () async -> Void) async {
        var last = ContinuousClock.now
        while !isOver.load(ordering: .acquiring) {
            try? await Task.sleep(for: .milliseconds(20))
            guard .now - last >= Self.interval else { continue }
            await save()
            last = .now
        }
        await save()
    }
}

/// A model whose calls are counted.
private struct CountedProvider: Provider {
    let model: any Provider
    let costs: ModelCosts

    var name: String { model.name }
    var version: String { model.version }
    var setup: String? { model.setup }
    var account: AccountID { model.account }
    var limits: BatchLimits { model.limits }
    var vectors: VectorCheck { model.vectors }
    var takesTexts: Bool { model.takesTexts }
    var frame: InputFrame { model.frame }
    var hasEqualAnswers: Bool { model.hasEqualAnswers }
    var terms: ModelTerms { model.terms }
    var memoName: String { model.memoName }
    var batchService: (any BatchService)? { model.batchService }

    func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        let bytes = batch.inputs.reduce(0) { $0 + $1.bytes.count }
        guard let call = costs.reserve(bytes: bytes) else {
            throw BudgetSpent(words: costs.waits ?? "the budget of `\(model.name)` is spent")
        }
        do {
            let reply = try await model.ask(batch)
            costs.ended(call, .answered(inputs: batch.inputs.count, reply.usage))
            return reply
        } catch {
            switch error {
            case is CancellationError: costs.ended(call, .notMade)
            case ModelError.retryAfter: costs.ended(call, .refused)
            default: costs.ended(call, .failed)
            }
            throw error
        }
    }
}

/// A call was not made, since it would have exceeded the model's budget.
package struct BudgetSpent: Error {
    /// Why, and until when.
    package let words: String
}
