import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration
import Logging
import Synchronization

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: [.short, .customLong("config")], help: "The configuration file.")
    var config = "lockstep.yaml"

    @Flag(help: "Print JSON, for programs; errors stay text on stderr.")
    var json = false

    @Option(
        help: "What to log on stderr: \(LogLevelArgument.names.joined(separator: ", ")). (default: notice)",
        completion: .list(LogLevelArgument.names), transform: LogLevelArgument.read)
    var logLevel = Logger.Level.notice

    @Option(help: "How to log: text for people, json for programs, an object a line.")
    var logFormat = LogFormat.text

    /// Reads the configuration, or ends with 78 and every problem of it.
    func configuration() throws -> Configuration {
        TerminalLog.start(logLevel, logFormat)
        do {
            let configuration = try Configuration.load(file: config)
            for warning in configuration.warnings { Terminal.warn("\(warning)") }
            return configuration
        } catch {
            throw Failure(.badConfiguration, error.description)
        }
    }

    /// The models and listeners, or 78 where a file of a model is missing.
    func assembly(_ configuration: Configuration, logsNotes: Bool = true) throws -> Assembly {
        do {
            return try configuration.assemble(logsNotes: logsNotes)
        } catch {
            throw Failure(.badConfiguration, error.description)
        }
    }

    /// Connects, or ends with 69.
    func connect(_ configuration: Configuration, listeners: [Listener] = []) async throws -> Database {
        try await connect(configuration.mongodb.uri, configuration.mongodb.database, listeners: listeners)
    }

    func connect(_ uri: String, _ database: String, listeners: [Listener]) async throws -> Database {
        let db: Database
        do {
            db = try await Database.connect(
                ShortTimeouts.added(to: uri), database: database, log: Logger(label: "lockstep"))
        } catch let error as MongoError {
            throw Failure.unreachable(error, uri: uri, config: config)
        }
        connections.withLock { $0.append(db) }
        try await add(listeners, to: db)
        return db
    }

    func add(_ listeners: [Listener], to db: Database) async throws {
        for listener in listeners {
            do {
                try await db.add(listener)
            } catch {
                throw Failure(.badConfiguration, "\(config): \(error)")
            }
        }
    }
}

/// Kept until the process ends: to close them waits for libmongoc's monitors, half a second for nothing.
private let connections = Mutex<[Database]>([])
