extension API {
    /// `failures list --json`, one a line.
    package struct ParkedDocument: Codable, Sendable, Equatable {
        package var listener: String
        package var document: ExtendedJSON
        package var reason: String
        package var attempts: Int
        package var since: ExtendedJSON
        package var at: ExtendedJSON

        package init(
            listener: String, document: ExtendedJSON, reason: String, attempts: Int,
            since: ExtendedJSON, at: ExtendedJSON
        ) {
            self.listener = listener
            self.document = document
            self.reason = reason
            self.attempts = attempts
            self.since = since
            self.at = at
        }
    }

    /// `failures list --by-reason --json`, one a line.
    package struct ParkedGroup: Codable, Sendable, Equatable {
        package var listener: String
        package var reason: String
        package var count: Int
        /// One of them.
        package var document: ExtendedJSON
        package var since: ExtendedJSON

        package init(
            listener: String, reason: String, count: Int, document: ExtendedJSON, since: ExtendedJSON
        ) {
            self.listener = listener
            self.reason = reason
            self.count = count
            self.document = document
            self.since = since
        }
    }
}
