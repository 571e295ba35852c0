import Foundation
import Lockstep
import LockstepAPI
import LockstepConfiguration
import LockstepServer
import Logging
import ServiceLifecycle

/// The watcher as a service: runs until SIGTERM or SIGINT, then drains and saves.
struct Daemon: Service {
    let watcher: DatabaseWatcher
    let live: LiveConfiguration
    let reloader: Reloader
    let hangUps: HangUps
    let options: WatcherOptions
    let message: StartMessage
    /// Nil when it is off.
    let server: LockstepServer?

    /// What the daemon prints on stdout when it starts.
    struct StartMessage {
        let database: String
        /// Without its password.
        let uri: String
        /// Printed once the stream is open.
        let text: String
        let isJSON: Bool
        /// A token of this run alone, printed with the address of the dashboard.
        var token: String?
    }

    private enum Part {
        case watched, announced, reloaded, drained
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Part.self) { group in
                group.addTask {
                    do {
                        try await watcher.run(progress: ProgressReport.make())
                    } catch is CancellationError {}
                    return .watched
                }
                group.addTask {
                    try? await announce()
                    return .announced
                }
                group.addTask {
                    await reloader.run(hangUps.requests)
                    return .reloaded
                }
                group.addTask {
                    try? await drain()
                    return .drained
                }
                while let part = try await group.next() {
                    // The end of the drain time cancels waits for models and servers.
                    if part == .watched || part == .drained { group.cancelAll() }
                    if part == .drained { live.shutdown() }
                }
            }
        } onGracefulShutdown: {
            watcher.requestStop()
        }
        live.shutdown()
    }

    /// Returns when the watcher was asked to stop and its time to drain is over, and 0.5 s more.
    private func drain() async throws {
        try await gracefulShutdown()
        try await Task.sleep(for: options.drainTimeout + .milliseconds(500))
    }

    private func announce() async throws {
        while !watcher.isAvailable() {
            if watcher.hasEnded { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        while let server, !server.hasTried, !watcher.hasEnded {
            try await Task.sleep(for: .milliseconds(2))
        }
        if message.isJSON {
            try Terminal.print(
                json: API.Watching(watching: message.database, uri: message.uri, server: server?.url))
        } else {
            Terminal.print(([message.text] + (dashboard.map { [$0] } ?? [])).joined(separator: "\n"))
        }
        let isServed = server?.url != nil
        while !watcher.hasCaughtUp {
            if watcher.hasEnded { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        // Changes from before this start belong to it.
        try await watcher.waitUntilFresh(timeout: .seconds(1_000_000_000))
        let info = watcher.info()
        let parked =
            info.parked == 0
            ? "" : "; \(Terminal.count(info.parked, "document")) parked, see `lockstep failures list`"
        let removed = info.removed == 0 ? "" : ", \(info.removed) removed"
        let written = Terminal.count(info.outputs - info.removed, "output")
        let text = "lockstep: caught up (\(written) written\(removed)\(parked)); following changes"
        if message.isJSON { Terminal.note(text) } else { Terminal.print(text) }
        if server != nil, !isServed { try await announceDashboard() }
    }

    /// The line with the address of the dashboard, once it is served.
    private var dashboard: String? {
        server?.url.map { "lockstep: dashboard at \($0)/\(message.token.map { "#token=\($0)" } ?? "")" }
    }

    /// The port was taken at the start and may be free later.
    private func announceDashboard() async throws {
        while server?.url == nil {
            if watcher.hasEnded { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        if let dashboard, !message.isJSON { Terminal.print(dashboard) }
    }
}

extension Daemon {
    /// Runs until a signal; `signals` and `hangUps` were caught from the start of the command on.
    ///
    /// - Parameters:
    ///   - isOnOwnMongoDB: the `uri` of the configuration is not used.
    ///   - giveUp: what must be done even if the daemon cannot end properly.
    static func run(
        _ db: Database, _ configuration: Configuration, _ assembly: Assembly, _ message: StartMessage,
        _ signals: StopSignals, _ hangUps: HangUps, isOnOwnMongoDB: Bool = false,
        giveUp: @escaping @Sendable () -> Void = {}
    ) async throws {
        _ = configuration.server.map { _ in DaemonServer.metrics }
        let options = WatcherOptions(
            reconcileEvery: configuration.reconcileEvery, auditEvery: configuration.auditEvery)
        let watcher = DatabaseWatcher(db: db, options: options)
        let live = LiveConfiguration(configuration, assembly)
        let reloader = Reloader(
            file: configuration.file, db: db, watcher: watcher, live: live, ignoresURI: isOnOwnMongoDB)
        signals.handle { _, count in
            // A second signal does not wait for models.
            if count > 1 { return live.shutdown() }
            Terminal.note("lockstep: stopping")
            DispatchQueue.global().asyncAfter(deadline: .now() + patience) {
                Terminal.note(
                    "lockstep: MongoDB or a model does not answer; the last position may not be saved, and is read again from the one before"
                )
                giveUp()
                _exit(Failure.Status.wrong.rawValue)
            }
        }
        var log = Logger(label: "lockstep.service")
        log.logLevel = .error
        let server = configuration.server.map { spec in
            var spec = spec
            spec.token = spec.token ?? message.token
            return DaemonServer.make([WatchedDatabase(watcher, of: db)], spec, uri: message.uri)
        }
        let daemon = Daemon(
            watcher: watcher, live: live, reloader: reloader, hangUps: hangUps, options: options,
            message: message, server: server)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (server.map {
                    [.init(service: $0, successTerminationBehavior: .ignore)]
                } ?? []) + [
                    .init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: UntilStopped(signals: signals),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: log))
        try await group.run()
        Terminal.note(
            db.deployment.hasChangeStreams ? "lockstep: stopped; position saved" : "lockstep: stopped")
    }

    /// Seconds until the process is ended by force.
    private static let patience = 20.0
}

/// Ends at a signal, and ends the group.
private struct UntilStopped: Service {
    let signals: StopSignals

    func run() async throws {
        await cancelWhenGracefulShutdown { await signals.first() }
    }
}
