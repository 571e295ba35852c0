extension API {
    /// What is wrong with a request, and what to do.
    package struct ErrorAnswer: Codable, Sendable, Equatable {
        package var error: Content

        package struct Content: Codable, Sendable, Equatable {
            package var code: String
            package var message: String
            package var hint: String?

            package init(code: String, message: String, hint: String?) {
                self.code = code
                self.message = message
                self.hint = hint
            }
        }

        package init(
            error: Content
        ) {
            self.error = error
        }
    }
}
