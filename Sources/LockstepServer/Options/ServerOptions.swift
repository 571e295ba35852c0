import Lockstep

/// The options of the HTTP server.
public struct ServerOptions: Sendable {
    /// Where it listens. Default 127.0.0.1, which no other machine reaches.
    public var host = "127.0.0.1"
    /// Default 7077; 0 takes a free one.
    public var port = 7077
    /// Changing routes need it; beyond loopback all of `/v1` does. Nil: nothing can be changed.
    public var token: String?
    /// With a larger lag `/health/ready` answers 503. Default 60 s.
    public var maxLag: Duration = .seconds(60)
    /// Names that requests may carry in `Host`, beside addresses and `localhost`.
    public var hosts: [String] = []
    /// The version of Lockstep.
    public var version: String
    /// The URI of MongoDB without its secrets, for people.
    public var uri: String

    public init(version: String, uri: String) {
        self.version = version
        self.uri = uri
    }

    var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
