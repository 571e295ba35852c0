extension API {
    /// `probe --json`; what does not apply, or was not found, is null.
    package struct ProbeReport: Codable, Sendable, Equatable {
        package struct Throughput: Codable, Sendable, Equatable {
            package var concurrency: Int
            package var perSecond: Double

            package init(concurrency: Int, perSecond: Double) {
                self.concurrency = concurrency
                self.perSecond = perSecond
            }
        }

        package var model: String
        @Nullable package var dimensions: Int?
        /// The mean.
        @Nullable package var norm: Double?
        @Nullable package var keepsOrder: Bool?
        @Nullable package var keepsSingles: Bool?
        /// In tokens where the model counts them, else in words.
        @Nullable package var truncatesAt: Int?
        /// Inputs.
        @Nullable package var requestLimit: Int?
        @Nullable package var tokensPerRequest: Int?
        package var throughput: [Throughput]
        /// Lines for `lockstep.yaml`; empty when nothing is to be written.
        package var configuration: String

        package init(
            model: String, dimensions: Int?, norm: Double?, keepsOrder: Bool?, keepsSingles: Bool?,
            truncatesAt: Int?, requestLimit: Int?, tokensPerRequest: Int?, throughput: [Throughput],
            configuration: String
        ) {
            self.model = model
            self.dimensions = dimensions
            self.norm = norm
            self.keepsOrder = keepsOrder
            self.keepsSingles = keepsSingles
            self.truncatesAt = truncatesAt
            self.requestLimit = requestLimit
            self.tokensPerRequest = tokensPerRequest
            self.throughput = throughput
            self.configuration = configuration
        }
    }
}
