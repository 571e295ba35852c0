extension API {
    /// The last quarter of an hour, oldest first.
    package struct History: Codable, Sendable, Equatable {
        package var intervalSeconds: Int
        package var points: [HistoryPoint]

        package init(
            intervalSeconds: Int, points: [HistoryPoint]
        ) {
            self.intervalSeconds = intervalSeconds
            self.points = points
        }
    }

    package struct HistoryPoint: Codable, Sendable, Equatable {
        package var at: String
        /// Changes by others, a second.
        package var events: Double
        /// Outputs stored or removed, a second.
        package var predictions: Double
        @Nullable package var lagSeconds: Double?

        package init(
            at: String, events: Double, predictions: Double, lagSeconds: Double?
        ) {
            self.at = at
            self.events = events
            self.predictions = predictions
            self.lagSeconds = lagSeconds
        }
    }
}
