import CoreMetrics
import LockstepCore
import MongoDriver
import Synchronization

/// What a model costs: what its calls used, what its budget allows, and what is not in the ledger yet.
package final class ModelCosts: Sendable {
    fileprivate struct State {
        var price: Double?
        var budget: BudgetAccount?
        var estimate = TokenEstimate()
        var refused = 0
        /// By hours of the calendar.
        var unsaved: [LedgerHour: LedgerCounts] = [:]
        /// What is being saved, in order; kept until that is known to be done.
        var saving: [LedgerEntry] = []
        /// What the ledger had of today when it was read last.
        var today = (day: "", counts: LedgerCounts())
    }

    /// A call that is about to be made.
    package struct Reservation: Sendable {
        /// By estimate.
        package let tokens: Double
        fileprivate let price: Double
        fileprivate let bytes: Int
    }

    /// How a call ended.
    package enum Ending: Sendable {
        case answered(inputs: Int, Usage)
        /// The service refused it, as being too much now.
        case refused
        case failed
        /// It was not made.
        case notMade
    }

    package let model: String
    private let state: Mutex<State>
    private let tokens: Counter
    private let refusals: Counter
    private let prices: FloatingPointCounter

    package init(_ model: String, _ terms: ModelTerms, metrics: any MetricsFactory) {
        self.model = model
        state = Mutex(State(price: terms.price, budget: terms.budget.map { BudgetAccount($0, at: Self.now) }))
        tokens = Metric.modelTokens.counter(metrics, model)
        refusals = Metric.modelRefused.counter(metrics, model)
        prices = Metric.modelPrice.floatingPointCounter(metrics, model)
    }

    private static var now: Int64 { currentMilliseconds() }
}

// MARK: Calls

extension ModelCosts {
    /// Takes note of a call that is about to be made.
    ///
    /// - Returns: nil when it would exceed the budget.
    package func reserve(bytes: Int) -> Reservation? {
        state.withLock { state in
            let tokens = state.estimate.tokens(inBytes: bytes)
            let price = state.price(of: tokens)
            guard state.budget?.reserve(price, at: Self.now) ?? true else { return nil }
            return Reservation(tokens: tokens, price: price, bytes: bytes)
        }
    }

    package func ended(_ call: Reservation, _ ending: Ending) {
        let (counted, isRefused): (LedgerCounts, Bool)
        switch ending {
        case .notMade: return state.withLock { $0.budget?.settle(call.price, 0, at: Self.now) }
        case .answered(let inputs, let usage):
            let tokens = usage.tokens ?? Int(call.tokens.rounded())
            (counted, isRefused) = (
                LedgerCounts(calls: usage.requests, inputs: inputs, tokens: tokens), false
            )
        case .refused: (counted, isRefused) = (LedgerCounts(calls: 1, retries: 1), true)
        case .failed: (counted, isRefused) = (LedgerCounts(calls: 1, retries: 1), false)
        }
        let price = state.withLock { state in
            var counts = counted
            counts.price = state.price(of: Double(counts.tokens))
            if case .answered(_, let usage) = ending, let tokens = usage.tokens {
                state.estimate.measured(tokens, inBytes: call.bytes)
            }
            if isRefused { state.refused += 1 }
            state.unsaved[LedgerHour(milliseconds: Self.now), default: LedgerCounts()] += counts
            state.budget?.settle(call.price, counts.price, at: Self.now)
            return counts.price
        }
        tokens.increment(by: counted.tokens)
        if isRefused { refusals.increment() }
        if price > 0 { prices.increment(by: price) }
    }

    /// A call may be made, as far as the budget is concerned.
    package var isOpen: Bool {
        state.withLock { $0.budget?.isOpen(at: Self.now) ?? true }
    }

    /// Why the model waits, while its budget is spent.
    package var waits: String? {
        state.withLock { state in
            guard state.budget?.isSpent(at: Self.now) == true else { return nil }
            return state.budget?.words(model, at: Self.now)
        }
    }

    package var status: ModelStatus {
        let waits = waits
        return state.withLock { state in
            let now = Self.now
            let budget = state.budget?.budget
            return ModelStatus(
                model: model, today: state.counts(of: CalendarTime(milliseconds: now).dayText),
                refused: state.refused, hasPrice: state.price != nil, budget: budget?.text,
                spent: state.budget?.spent(at: now), allowed: budget?.amount,
                until: budget?.period?.end(after: now).text, waits: waits)
        }
    }
}

// MARK: Jobs at batch APIs

extension ModelCosts {
    /// Room for as many inputs of a job, from the first on, as the budget affords.
    ///
    /// - Parameter share: of an input's price in a call.
    /// - Returns: the price of each of these, by estimate.
    package func reserve(inputs bytes: [Int], share: Double) -> [Double] {
        state.withLock { state in
            let prices = bytes.map { state.price(of: state.estimate.tokens(inBytes: $0)) * share }
            let count = state.budget?.reserve(upTo: prices, at: Self.now) ?? prices.count
            return Array(prices.prefix(count))
        }
    }

    /// What was reserved is not needed.
    package func release(_ price: Double) {
        state.withLock { $0.budget?.settle(price, 0, at: Self.now) }
    }

    /// A job has come so far; from now on it counts in place of what was reserved for it.
    package func note(_ job: BatchJob, releasing reserved: Double = 0) {
        state.withLock { $0.budget?.note(job, releasing: reserved, at: Self.now) }
    }

    /// Whether a job that was to be started earlier may be started now.
    package func carry(_ job: BatchJob) -> Bool {
        state.withLock { $0.budget?.carry(job, at: Self.now) ?? true }
    }
}

// MARK: The ledger

extension ModelCosts {
    /// The terms of now: a budget that was raised goes on at once, with what was spent.
    package func adopt(_ terms: ModelTerms) {
        state.withLock { state in
            state.price = terms.price
            // Another process may have gone on since the last session.
            guard state.budget?.budget != terms.budget else { return state.budget?.trustStore() ?? () }
            state.budget = terms.budget.map { BudgetAccount($0, at: Self.now) }
        }
    }

    /// The budget whose sum is to be read.
    package var budget: Budget? {
        state.withLock { $0.budget?.budget }
    }

    /// What is to be saved, in order: what could not be saved before, first.
    package func entries() -> [LedgerEntry] {
        state.withLock { state in
            for (hour, counts) in state.unsaved.sorted(by: { $0.key < $1.key }) {
                state.saving.append(LedgerEntry(model: model, hour: hour, counts: counts))
            }
            state.unsaved = [:]
            return state.saving
        }
    }

    /// This one is in the ledger.
    package func saved(_ entry: LedgerEntry) {
        state.withLock { state in
            state.saving.removeAll { $0.id == entry.id }
            // Until the ledger is read again.
            if state.today.day == entry.hour.day { state.today.counts += entry.counts }
        }
    }

    /// What the ledger has, read after the last save, and the jobs that are stored of the budget's period.
    package func know(today: LedgerCounts, of day: String, spent: Double?, jobs: [BatchJob]) {
        state.withLock { state in
            state.today = (day, today)
            guard let spent, let budget = state.budget?.budget else { return }
            let now = CalendarTime(milliseconds: Self.now)
            let open = state.open { hour in
                budget.period.map { $0.name(of: hour.time) == $0.name(of: now) } ?? true
            }
            state.budget?.know(spent + open.price, at: Self.now)
            state.budget?.know(jobs, at: Self.now)
        }
    }
}

extension ModelCosts.State {
    fileprivate func price(of tokens: Double) -> Double { (price ?? 0) * tokens / 1e6 }

    /// What is not in the ledger of some hours.
    fileprivate func open(_ isMeant: (LedgerHour) -> Bool) -> LedgerCounts {
        var sum = LedgerCounts()
        for (hour, counts) in unsaved where isMeant(hour) { sum += counts }
        for entry in saving where isMeant(entry.hour) { sum += entry.counts }
        return sum
    }

    fileprivate func counts(of day: String) -> LedgerCounts {
        (today.day == day ? today.counts : LedgerCounts()) + open { $0.day == day }
    }
}
