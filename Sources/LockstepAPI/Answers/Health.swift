extension API {
    /// The answer of ``Route/live``.
    package struct Liveness: Codable, Sendable, Equatable {
        package var live: Bool

        package init(
            live: Bool
        ) {
            self.live = live
        }
    }

    /// Whether outputs are kept up to date, and if not why.
    package struct Readiness: Codable, Sendable, Equatable {
        package var isReady: Bool
        package var reasons: [Reason]

        private enum CodingKeys: String, CodingKey {
            case isReady = "ready"
            case reasons
        }

        package init(reasons: [Reason]) {
            self.isReady = reasons.isEmpty
            self.reasons = reasons
        }
    }

    package struct Reason: Codable, Sendable, Equatable {
        package var code: String
        package var message: String

        package init(
            code: String, message: String
        ) {
            self.code = code
            self.message = message
        }
    }
}
