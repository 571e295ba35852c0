extension API {
    /// One watched database.
    package struct DatabaseStatus: Codable, Sendable, Equatable {
        package var name: String
        package var state: State
        package var ready: Bool
        package var problems: [Problem]
        @Nullable package var position: Position?
        @Nullable package var lagSeconds: Double?
        @Nullable package var headroom: Headroom?
        package var queue: Queue
        package var counts: Counts
        package var listeners: [ListenerStatus]
        /// The models that cost something by the call.
        package var models: [ModelCosts]
        @Nullable package var audit: AuditStatus?

        package enum State: String, Codable, Sendable, CaseIterable {
            case starting, following, backfilling, standingBy, disconnected, ended
        }

        private enum CodingKeys: String, CodingKey {
            case name = "database"
            case state, ready, problems, position, lagSeconds, headroom, queue, counts, listeners, models,
                audit
        }

        package init(
            name: String, state: State, ready: Bool, problems: [Problem], position: Position?,
            lagSeconds: Double?, headroom: Headroom?, queue: Queue, counts: Counts,
            listeners: [ListenerStatus], models: [ModelCosts], audit: AuditStatus?
        ) {
            self.name = name
            self.state = state
            self.ready = ready
            self.problems = problems
            self.position = position
            self.lagSeconds = lagSeconds
            self.headroom = headroom
            self.queue = queue
            self.counts = counts
            self.listeners = listeners
            self.models = models
            self.audit = audit
        }
    }

    /// Seconds until the oplog no longer reaches back to the position, and what it reaches back.
    package struct Headroom: Codable, Sendable, Equatable {
        package var seconds: Int
        package var windowSeconds: Int

        package init(
            seconds: Int, windowSeconds: Int
        ) {
            self.seconds = seconds
            self.windowSeconds = windowSeconds
        }
    }

    /// Documents that wait or are being handled.
    package struct Queue: Codable, Sendable, Equatable {
        package var documents: Int
        package var bytes: Int
        package var limitBytes: Int

        package init(
            documents: Int, bytes: Int, limitBytes: Int
        ) {
            self.documents = documents
            self.bytes = bytes
            self.limitBytes = limitBytes
        }
    }

    /// The audit that goes through all documents.
    package struct AuditStatus: Codable, Sendable, Equatable {
        package var everySeconds: Int
        package var startedAt: String
        package var documents: Int
        package var total: Int
        package var found: Int
        @Nullable package var completedAt: String?

        package init(
            everySeconds: Int, startedAt: String, documents: Int, total: Int, found: Int,
            completedAt: String?
        ) {
            self.everySeconds = everySeconds
            self.startedAt = startedAt
            self.documents = documents
            self.total = total
            self.found = found
            self.completedAt = completedAt
        }
    }
}
