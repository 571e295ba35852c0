/// What calls of a model were and cost, added up.
package struct LedgerCounts: Hashable, Sendable {
    package var calls = 0
    package var inputs = 0
    /// By the provider's own count, or by estimate.
    package var tokens = 0
    /// Calls that gave no answer: what was in them is asked again.
    package var retries = 0
    /// In the currency of the price.
    package var price = 0.0

    package init(calls: Int = 0, inputs: Int = 0, tokens: Int = 0, retries: Int = 0, price: Double = 0) {
        self.calls = calls
        self.inputs = inputs
        self.tokens = tokens
        self.retries = retries
        self.price = price
    }

    package static func += (sum: inout LedgerCounts, more: LedgerCounts) {
        sum.calls += more.calls
        sum.inputs += more.inputs
        sum.tokens += more.tokens
        sum.retries += more.retries
        sum.price += more.price
    }

    package static func + (sum: LedgerCounts, more: LedgerCounts) -> LedgerCounts {
        var sum = sum
        sum += more
        return sum
    }
}
