extension API {
    /// What came of an order about one listener.
    package struct ListenerAnswer: Codable, Sendable, Equatable {
        package var id: String
        package var state: State

        package enum State: String, Codable, Sendable, CaseIterable {
            case paused, resumed, reconciling
        }

        package init(
            id: String, state: State
        ) {
            self.id = id
            self.state = state
        }
    }
}
