extension API {
    /// `status --json`.
    package struct StatusReport: Codable, Sendable, Equatable {
        package var listeners: [ListenerReport]
        package var ok: Bool
        @Nullable package var position: ExtendedJSON?
        @Nullable package var lagSeconds: Int?
        @Nullable package var lease: Lease?
        @Nullable package var audit: AuditRound?
        package var warnings: [Warning]

        package init(
            listeners: [ListenerReport], ok: Bool, position: ExtendedJSON?, lagSeconds: Int?,
            lease: Lease?, audit: AuditRound?, warnings: [Warning]
        ) {
            self.listeners = listeners
            self.ok = ok
            self.position = position
            self.lagSeconds = lagSeconds
            self.lease = lease
            self.audit = audit
            self.warnings = warnings
        }
    }

    /// The process that follows the database.
    package struct Lease: Codable, Sendable, Equatable {
        package var host: String
        package var pid: Int
        package var since: ExtendedJSON
        package var alive: Bool
        @Nullable package var listeners: [RunningListener]?

        package init(
            host: String, pid: Int, since: ExtendedJSON, alive: Bool, listeners: [RunningListener]?
        ) {
            self.host = host
            self.pid = pid
            self.since = since
            self.alive = alive
            self.listeners = listeners
        }
    }

    package struct RunningListener: Codable, Sendable, Equatable {
        package var listener: String
        package var state: ListenerStatus.State
        @Nullable package var reason: String?

        package init(
            listener: String, state: ListenerStatus.State, reason: String?
        ) {
            self.listener = listener
            self.state = state
            self.reason = reason
        }
    }

    package struct AuditRound: Codable, Sendable, Equatable {
        package var startedAt: ExtendedJSON
        package var documents: Int
        package var found: Int
        @Nullable package var completedAt: ExtendedJSON?

        package init(
            startedAt: ExtendedJSON, documents: Int, found: Int, completedAt: ExtendedJSON?
        ) {
            self.startedAt = startedAt
            self.documents = documents
            self.found = found
            self.completedAt = completedAt
        }
    }

    /// A likely mistake in a listener.
    package struct Warning: Codable, Sendable, Equatable {
        package var code: String
        package var listener: String
        package var message: String
        package var hint: String

        package init(
            code: String, listener: String, message: String, hint: String
        ) {
            self.code = code
            self.listener = listener
            self.message = message
            self.hint = hint
        }
    }
}
