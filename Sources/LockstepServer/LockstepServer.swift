import Foundation
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization

/// The HTTP server beside the watchers: dashboard, health, metrics and the API.
///
/// When the port is taken, as by another daemon on the same machine, the server tries again until it is free.
public final class LockstepServer: Service {
    private let endpoints: Endpoints
    private let log: Logger
    private let place = Mutex<(url: String?, hasTried: Bool)>((nil, false))

    /// Between two attempts to listen.
    private static let interval = Duration.seconds(2)
    /// Open connections at most; more wait in the backlog of the socket.
    private static let connections = 512
    /// After that long without a complete request a connection is closed.
    private static let idle = TimeAmount.seconds(30)

    public init(
        _ databases: [WatchedDatabase], options: ServerOptions, metrics: PrometheusRegistry,
        log: Logger = Logger(label: "lockstep")
    ) {
        endpoints = Endpoints(databases, options: options, metrics: metrics)
        self.log = log
    }

    /// The address, as `http://127.0.0.1:7077`; nil while it does not.
    public var url: String? {
        place.withLock { $0.url }
    }

    /// It has tried to listen, with or without success.
    public var hasTried: Bool {
        place.withLock { $0.hasTried }
    }

    /// Serves until graceful shutdown or cancellation.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [endpoints] in await endpoints.observer.run() }
            defer { group.cancelAll() }
            try await listen()
        }
    }

    private func listen() async throws {
        var hasFailed = false
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                try await application.run()
                break
            } catch let error as IOError where [EADDRINUSE, EADDRNOTAVAIL, EACCES].contains(error.errnoCode) {
                place.withLock { $0.hasTried = true }
                if !hasFailed { log.warning("\(complaint(error))") }
                hasFailed = true
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            }
        }
        place.withLock { $0.url = nil }
    }

    private var application: some ApplicationProtocol {
        // What Hummingbird logs is of no use to people.
        var quiet = Logger(label: "lockstep.http")
        quiet.logLevel = .critical
        return Application(
            responder: endpoints.router.buildResponder(),
            server: .http1(
                configuration: .init(
                    idleTimeout: Self.idle,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
            configuration: .init(
                address: .hostname(endpoints.options.host, port: endpoints.options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connections)),
            onServerRunning: { [self] channel in
                let port = channel.localAddress?.port ?? endpoints.options.port
                let isAny = ["0.0.0.0", "::"].contains(endpoints.options.host)
                let host = isAny ? ProcessInfo.processInfo.hostName : endpoints.options.host
                let url = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
                place.withLock { $0 = (url, true) }
                log.info("serving \(url)")
            },
            logger: quiet)
    }

    private func complaint(_ error: IOError) -> String {
        let place = "\(endpoints.options.host):\(endpoints.options.port)"
        return switch error.errnoCode {
        case EADDRINUSE:
            "\(place) is taken, by another lockstep perhaps: no dashboard and no metrics until it is free. Name another `server.port`, or write `server: off`"
        case EACCES: "this user may not listen on \(place): name a `server.port` from 1024 on"
        default: "this machine has no address \(endpoints.options.host): fix `server.host`"
        }
    }
}
