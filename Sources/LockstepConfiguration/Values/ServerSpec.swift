extension Configuration {
    /// `server`: the dashboard, the metrics and the HTTP API beside the daemon.
    package struct ServerSpec: Sendable, Hashable {
        /// Where it listens. Default 127.0.0.1, which no other machine reaches.
        package var host = "127.0.0.1"
        /// Default 7077; 0 takes a free one.
        package var port = 7077
        /// A secret: what changes something needs it. Without one nothing can be changed by HTTP.
        package var token: String?
        /// A lag above it is not ready. Default 60 s.
        package var maxLag: Duration = .seconds(60)
        /// Names that requests may carry in `Host`, beside the addresses.
        package var hosts: [String] = []

        package init() {}

        /// No other machine reaches it.
        package var isLoopback: Bool {
            host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }
}
