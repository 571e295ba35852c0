/// What a model that costs something by the call has cost.
public struct ModelStatus: Sendable {
    public var model: String
    /// Of this day (UTC), by every process that has written it to the ledger: calls, inputs, tokens, and calls that gave
    /// no answer.
    public var calls: Int
    public var inputs: Int
    public var tokens: Int
    public var retries: Int
    /// In the currency of the price; nil where the model has none.
    public var price: Double?
    /// Calls that the service refused as being too many, since the watcher was made.
    public var refused: Int
    /// As it is written, `5/day`.
    public var budget: String?
    /// Spent in the budget's present period, of how much, and when the next one begins.
    public var spent: Double?
    public var allowed: Double?
    public var until: String?
    /// Why it is not called, while its budget is spent.
    public var waits: String?

    package init(
        model: String, today: LedgerCounts, refused: Int, hasPrice: Bool, budget: String? = nil,
        spent: Double? = nil, allowed: Double? = nil, until: String? = nil, waits: String? = nil
    ) {
        self.model = model
        calls = today.calls
        inputs = today.inputs
        tokens = today.tokens
        retries = today.retries
        price = hasPrice ? today.price : nil
        self.refused = refused
        self.budget = budget
        self.spent = spent
        self.allowed = allowed
        self.until = until
        self.waits = waits
    }
}
