extension API {
    /// Every change up to an operation time is reflected.
    package struct Fresh: Codable, Sendable, Equatable {
        package var fresh: Bool
        @Nullable package var operationTime: String?
        package var waitedSeconds: Double

        package init(
            fresh: Bool, operationTime: String?, waitedSeconds: Double
        ) {
            self.fresh = fresh
            self.operationTime = operationTime
            self.waitedSeconds = waitedSeconds
        }
    }

    /// It took too long: how far it is.
    package struct NotFresh: Codable, Sendable, Equatable {
        package var fresh: Bool
        @Nullable package var operationTime: String?
        @Nullable package var position: Position?
        @Nullable package var behindSeconds: Double?
        package var waiting: Int
        package var reasons: [Reason]

        package init(
            fresh: Bool, operationTime: String?, position: Position?, behindSeconds: Double?,
            waiting: Int, reasons: [Reason]
        ) {
            self.fresh = fresh
            self.operationTime = operationTime
            self.position = position
            self.behindSeconds = behindSeconds
            self.waiting = waiting
            self.reasons = reasons
        }
    }
}
