extension API {
    /// A place in the change stream.
    package struct Position: Codable, Sendable, Equatable {
        /// `<seconds>.<increment>` of the cluster's time.
        package var operationTime: String
        package var time: String

        package init(
            operationTime: String, time: String
        ) {
            self.operationTime = operationTime
            self.time = time
        }
    }
}
