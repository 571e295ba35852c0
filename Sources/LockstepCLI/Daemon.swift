import Lockstep
import LockstepConfiguration
import Logging
import ServiceLifecycle

/// The watcher as a service: runs until SIGTERM or SIGINT, then drains and saves.
struct Daemon: Service {
    let watcher: DatabaseWatcher
    let assembly: Assembly
    /// What to say once the stream is open.
    let greeting: String

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await watcher.run(progress: ProgressBar.onTerminal()) }
                group.addTask { try await greet() }
                // The greeting may end first; the watcher ends the daemon.
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            watcher.requestStop()
        }
        assembly.shutdown()
    }

    private func greet() async throws {
        while !watcher.isAvailable() {
            if watcher.hasEnded { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Terminal.print(greeting)
        while !watcher.hasCaughtUp {
            if watcher.hasEnded { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Terminal.print("everything that was there is fresh; following changes (\(watcher.info()))")
    }

    /// Runs the daemon with the signals of the process.
    static func run(
        _ db: Database, _ configuration: Configuration, _ assembly: Assembly, greeting: String
    ) async throws {
        let watcher = DatabaseWatcher(
            db: db, options: WatcherOptions(reconcileEvery: configuration.reconcileEvery))
        var log = Logger(label: "lockstep.service")
        log.logLevel = .error
        let group = ServiceGroup(
            services: [Daemon(watcher: watcher, assembly: assembly, greeting: greeting)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        try await group.run()
        Terminal.note("lockstep: stopped; position saved")
    }
}
