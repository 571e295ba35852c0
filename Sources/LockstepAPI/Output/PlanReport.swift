extension API {
    /// `plan --json`: what a daemon is about to do, and what that takes.
    package struct PlanReport: Codable, Sendable, Equatable {
        package struct Listener: Codable, Sendable, Equatable {
            package var listener: String
            /// Those with an input.
            package var documents: Int
            package var toCompute: Int
            package var distinct: Int
            @Nullable package var tokens: Int?
            @Nullable package var price: Double?
            @Nullable package var seconds: Double?
            package var removals: Int

            package init(
                listener: String, documents: Int, toCompute: Int, distinct: Int, tokens: Int?,
                price: Double?, seconds: Double?, removals: Int
            ) {
                self.listener = listener
                self.documents = documents
                self.toCompute = toCompute
                self.distinct = distinct
                self.tokens = tokens
                self.price = price
                self.seconds = seconds
                self.removals = removals
            }
        }

        package var listeners: [Listener]

        package init(listeners: [Listener]) {
            self.listeners = listeners
        }
    }
}
