extension Configuration {
    /// `server`: the dashboard, the metrics and the HTTP API beside the daemon.
    public struct ServerSpec: Sendable, Hashable {
        /// Where it listens. Default 127.0.0.1, which no other machine reaches.
        public var host = "127.0.0.1"
        /// Default 7077; 0 takes a free one.
        public var port = 7077
        /// A secret: what changes something needs it. Without one nothing can be changed by HTTP.
        public var token: String?
        /// A lag above it is not ready. Default 60 s.
        public var maxLag: Duration = .seconds(60)
        /// Names that requests may carry in `Host`, beside the addresses.
        public var hosts: [String] = []

        public init() {}

        /// No other machine reaches it.
        public var isLoopback: Bool {
            host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }
}
