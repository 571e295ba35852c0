extension API {
    /// `costs --json`.
    package struct CostsReport: Codable, Sendable, Equatable {
        package var rows: [CostsRow]
        /// Jobs of providers' batch APIs.
        package var batches: [BatchCosts]

        package init(rows: [CostsRow], batches: [BatchCosts]) {
            self.rows = rows
            self.batches = batches
        }
    }

    /// What a model has used and cost on one day (UTC).
    package struct CostsRow: Codable, Sendable, Equatable {
        package var day: String
        package var model: String
        package var calls: Int
        package var inputs: Int
        package var tokens: Int
        package var retries: Int
        package var price: Double

        package init(
            day: String, model: String, calls: Int, inputs: Int, tokens: Int, retries: Int, price: Double
        ) {
            self.day = day
            self.model = model
            self.calls = calls
            self.inputs = inputs
            self.tokens = tokens
            self.retries = retries
            self.price = price
        }
    }

    /// What a job of a provider's batch API has used and cost.
    package struct BatchCosts: Codable, Sendable, Equatable {
        package var day: String
        package var model: String
        package var job: String
        package var inputs: Int
        package var tokens: Int
        package var price: Double

        package init(day: String, model: String, job: String, inputs: Int, tokens: Int, price: Double) {
            self.day = day
            self.model = model
            self.job = job
            self.inputs = inputs
            self.tokens = tokens
            self.price = price
        }
    }
}
