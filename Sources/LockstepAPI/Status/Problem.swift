extension API {
    /// What is wrong and what to do; one for each cause, however many listeners it concerns.
    package struct Problem: Codable, Sendable, Equatable {
        package var code: String
        package var severity: Severity
        /// The listener's id, if it concerns one alone.
        @Nullable package var listener: String?
        /// The ids of all that it concerns.
        package var listeners: [String]
        package var message: String
        package var hint: String
        /// The whole text of a reason that the message shortens.
        @Nullable package var detail: String?

        package enum Severity: String, Codable, Sendable, CaseIterable {
            case error, warning, info
        }

        package init(
            code: String, severity: Severity, listeners: [String] = [], message: String, hint: String,
            detail: String? = nil
        ) {
            self.code = code
            self.severity = severity
            self.listener = listeners.count == 1 ? listeners[0] : nil
            self.listeners = listeners
            self.message = message
            self.hint = hint
            self.detail = detail
        }
    }
}
