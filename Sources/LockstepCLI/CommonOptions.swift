import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration
import Logging

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: [.short, .customLong("config")], help: "The configuration file.")
    var config = "lockstep.yaml"

    @Flag(help: "Print JSON, for programs.")
    var json = false

    @Option(help: "What to log: debug, info, notice, warning or error.")
    var logLevel = Logger.Level.notice

    /// Reads the configuration, or ends with 78 and every problem of it.
    func configuration() throws -> Configuration {
        startLogging(logLevel)
        do {
            let configuration = try Configuration.load(file: config)
            for warning in configuration.warnings { Terminal.note("warning: \(warning)") }
            return configuration
        } catch {
            throw Failure(.badConfiguration, error.description)
        }
    }

    /// The models and listeners, or 78 where a file of a model is missing.
    func assembly(_ configuration: Configuration) throws -> Assembly {
        do {
            return try configuration.assemble()
        } catch {
            throw Failure(.badConfiguration, error.description)
        }
    }

    /// Connects, or ends with 69.
    func connect(_ configuration: Configuration, listeners: [Listener]) async throws -> Database {
        try await connect(configuration.mongodb.uri, configuration.mongodb.database, listeners: listeners)
    }

    func connect(_ uri: String, _ database: String, listeners: [Listener]) async throws -> Database {
        let db: Database
        do {
            db = try await Database.connect(uri, database: database, log: Logger(label: "lockstep"))
        } catch {
            throw Failure(.unavailable, "MongoDB at \(redacted(uri: uri)): \(error)")
        }
        for listener in listeners {
            do {
                try await db.add(listener)
            } catch {
                throw Failure(.badConfiguration, "\(config): \(error)")
            }
        }
        return db
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// An end that is not well: the exit status and what people read on stderr.
struct Failure: Error, CustomStringConvertible {
    enum Status: Int32 {
        case wrong = 1
        case unavailable = 69
        case badConfiguration = 78
    }

    let status: Status
    let description: String

    init(_ status: Status, _ description: String) {
        self.status = status
        self.description = description
    }
}

/// Runs a command's body and turns what it throws into an exit status.
func ending(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let failure as Failure {
        Terminal.note("lockstep: \(failure.description)")
        throw ExitCode(failure.status.rawValue)
    } catch let error as MongoError {
        Terminal.note("lockstep: \(error)")
        throw ExitCode(Failure.Status.unavailable.rawValue)
    } catch let error as LockstepError {
        Terminal.note("lockstep: \(error)")
        throw ExitCode(Failure.Status.wrong.rawValue)
    }
}

/// Logs go to stderr: what stdout gets belongs to the command.
private func startLogging(_ level: Logger.Level) {
    LoggingSystem.bootstrap { label in
        var handler = StreamLogHandler.standardError(label: label)
        handler.logLevel = level
        return handler
    }
}
