import Foundation
import Lockstep
import LockstepConfiguration
import LockstepServer
import Metrics

/// Makes the HTTP server of a daemon from its configuration.
enum DaemonServer {
    /// The metrics of the process; set up once, before a watcher is made.
    static let metrics: PrometheusRegistry = {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()

    /// - Parameter uri: of MongoDB, without its secrets.
    static func make(
        _ databases: [WatchedDatabase], _ spec: Configuration.ServerSpec, uri: String
    ) -> LockstepServer {
        var options = ServerOptions(version: LockstepCommand.version, uri: uri)
        options.host = spec.host
        options.port = spec.port
        options.token = spec.token
        options.maxLag = spec.maxLag
        options.hosts = spec.hosts
        return LockstepServer(databases, options: options, metrics: metrics)
    }

    /// 32 random hexadecimal digits.
    static func makeToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return hex((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
