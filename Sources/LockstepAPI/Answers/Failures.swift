extension API {
    /// Parked documents, by listener and `_id`.
    package struct FailurePage: Codable, Sendable, Equatable {
        package var failures: [Failure]
        package var total: Int
        /// `after` of the next page.
        @Nullable package var next: String?

        package init(
            failures: [Failure], total: Int, next: String?
        ) {
            self.failures = failures
            self.total = total
            self.next = next
        }
    }

    /// A parked document.
    package struct Failure: Codable, Sendable, Equatable {
        package var listener: String
        package var document: ExtendedJSON
        package var reason: String
        package var attempts: Int
        package var since: String
        package var at: String

        package init(
            listener: String, document: ExtendedJSON, reason: String, attempts: Int, since: String,
            at: String
        ) {
            self.listener = listener
            self.document = document
            self.reason = reason
            self.attempts = attempts
            self.since = since
            self.at = at
        }
    }

    /// How many documents are parked for each reason, the most first.
    package struct FailureReasons: Codable, Sendable, Equatable {
        package var groups: [FailureReason]
        /// There are more reasons than were asked for.
        package var hasMore: Bool

        package init(
            groups: [FailureReason], hasMore: Bool
        ) {
            self.groups = groups
            self.hasMore = hasMore
        }
    }

    package struct FailureReason: Codable, Sendable, Equatable {
        package var listener: String
        package var reason: String
        package var count: Int
        package var since: String

        package init(
            listener: String, reason: String, count: Int, since: String
        ) {
            self.listener = listener
            self.reason = reason
            self.count = count
            self.since = since
        }
    }

    /// Which parked documents are tried again; all without any field.
    package struct RetryOrder: Codable, Sendable, Equatable {
        package var listener: String?
        package var document: ExtendedJSON?
        package var reason: String?

        package init(
            listener: String? = nil, document: ExtendedJSON? = nil, reason: String? = nil
        ) {
            self.listener = listener
            self.document = document
            self.reason = reason
        }
    }

    package struct Retried: Codable, Sendable, Equatable {
        package var retried: Int

        package init(
            retried: Int
        ) {
            self.retried = retried
        }
    }
}
