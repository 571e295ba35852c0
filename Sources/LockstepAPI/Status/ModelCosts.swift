extension API {
    /// What a model that costs something by the call has cost, and what it may.
    package struct ModelCosts: Codable, Sendable, Equatable {
        package var model: String
        /// Of this day (UTC).
        package var calls: Int
        package var inputs: Int
        package var tokens: Int
        package var retries: Int
        @Nullable package var price: Double?
        /// Since the start.
        package var refused: Int
        @Nullable package var budget: Budget?
        /// Why it is not called, while its budget is spent.
        @Nullable package var waits: String?

        package init(
            model: String, calls: Int, inputs: Int, tokens: Int, retries: Int, price: Double?, refused: Int,
            budget: Budget?, waits: String?
        ) {
            self.model = model
            self.calls = calls
            self.inputs = inputs
            self.tokens = tokens
            self.retries = retries
            self.price = price
            self.refused = refused
            self.budget = budget
            self.waits = waits
        }
    }

    /// A budget, and what of it is spent in its present period.
    package struct Budget: Codable, Sendable, Equatable {
        /// As it is written.
        package var text: String
        package var amount: Double
        package var spent: Double
        /// When the next period begins.
        @Nullable package var until: String?

        package init(text: String, amount: Double, spent: Double, until: String?) {
            self.text = text
            self.amount = amount
            self.spent = spent
            self.until = until
        }
    }
}
