extension API {
    /// `pause --json` and `resume --json`.
    package struct PauseAnswer: Codable, Sendable, Equatable {
        package var listener: String
        package var paused: Bool
        package var changed: Bool

        package init(
            listener: String, paused: Bool, changed: Bool
        ) {
            self.listener = listener
            self.paused = paused
            self.changed = changed
        }
    }

    /// `run --json`, once the stream is open.
    package struct Watching: Codable, Sendable, Equatable {
        package var watching: String
        package var uri: String
        @Nullable package var server: String?

        package init(
            watching: String, uri: String, server: String?
        ) {
            self.watching = watching
            self.uri = uri
            self.server = server
        }
    }
}
