import ArgumentParser
import Lockstep

/// An end that is not well: the exit status and what people read on stderr.
struct Failure: Error, CustomStringConvertible {
    enum Status: Int32 {
        case wrong = 1
        case usage = 64
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

extension Failure {
    /// MongoDB could not be connected to. Asks the servers for the reason.
    static func unreachable(_ error: MongoError, uri: String, config: String) -> Failure {
        let place = redacted(uri: uri)
        switch error.source {
        case .tls, .uri:
            return Failure(.badConfiguration, "\(config): `uri` (\(place)) cannot be used: \(error.message)")
        case .client where !uri.hasPrefix("mongodb+srv:"):
            return Failure(.badConfiguration, "\(config): `uri` (\(place)) cannot be used: \(error.message)")
        case .client:
            return Failure(
                .unavailable,
                "MongoDB at \(place): \(error.message). Is the host's name right, and does DNS work here?")
        case .serverSelection:
            // What libmongoc says is seldom the reason.
            if let problem = error.advice ?? serverProblem(uri: uri) {
                return Failure(.unavailable, "no MongoDB to write to at \(place): \(problem)")
            }
            // It says what happened to each server in brackets.
            let details = error.message.firstIndex(of: "[").map { ": \(error.message[$0...])" } ?? ""
            return Failure(.unavailable, "no MongoDB to write to at \(place)\(details). \(error.hint ?? "")")
        case .authentication:
            return Failure(.unavailable, "MongoDB at \(place) \(refusal(LogIn.reading(uri: uri), error))")
        default:
            return Failure(.unavailable, "MongoDB at \(place): \(error)")
        }
    }
}

extension Failure {
    /// To be read after the name of the server.
    private static func refusal(_ logIn: LogIn?, _ error: MongoError) -> String {
        guard let logIn, let user = logIn.user else { return "refuses the log-in. \(error.hint ?? "")" }
        guard logIn.isByCertificate else {
            return
                "refuses the log-in of `\(user)`, a user of the database `\(logIn.source)`. \(error.hint ?? "")"
        }
        return
            "refuses the log-in of the certificate `\(user)`. Create a user of that name: db.getSiblingDB(\"$external\").createUser({user: \"\(user)\", roles: [{role: \"readWrite\", db: \"<database>\"}]})."
    }
}

/// Runs a command's body and turns what it throws into an exit status.
func ending(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let failure as Failure {
        try end(failure.status, failure.description)
    } catch let error as MongoError {
        try end(.unavailable, error.description)
    } catch let error as ModelError {
        try end(.unavailable, error.description)
    } catch let error as LockstepError {
        try end(.wrong, error.description)
    }
}

private func end(_ status: Failure.Status, _ reason: String) throws {
    Terminal.fail(reason)
    throw ExitCode(status.rawValue)
}
