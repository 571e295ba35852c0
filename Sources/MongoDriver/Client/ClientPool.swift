import CMongoShim
import Logging
import MongoBSON
import Synchronization

/// Connections to one deployment, shared by threads.
///
/// libmongoc's single client tries a server once and gives up; pooled clients wait and recover, so that
/// everything goes through a pool. Where it does not recover, a new pool takes the place of the old one: see
/// ``PoolHealth``.
package final class ClientPool: Sendable {
    /// The URI with its password replaced by `***`.
    package let redactedURI: String
    private let uri: String
    private let parts: URIParts
    private let application: String
    private let maximum: Int
    private let state: Mutex<State>
    private let log = Logger(label: "lockstep.mongodb")

    private struct State {
        var handle: PoolHandle
        var generation = 0
        var health = PoolHealth()
        var declaresAPI = false
        var isRenewing = false
        /// What keeps us from the servers, as far as they told.
        var finding: String?
    }

    /// - Parameter maximum: connections at most; a borrower beyond waits.
    package init(uri: String, application: String, maximum: Int) throws(MongoError) {
        redactedURI = redacted(uri: uri)
        // Before anything of libmongoc: it ends the process where a log-in is not complete.
        let problems = uriProblems(uri)
        guard problems.isEmpty, let parts = URIParts(uri) else {
            throw MongoError(
                source: .uri, code: 0, message: problems.joined(separator: "; "), operation: "connect",
                namespace: redactedURI)
        }
        if let options = URIOptions(uri), let problem = options.fileProblem {
            throw MongoError(
                source: .tls, code: 0, message: problem, operation: "connect", namespace: redactedURI)
        }
        self.uri = uri
        self.parts = parts
        self.application = application
        self.maximum = maximum
        state = Mutex(
            State(handle: try PoolHandle(parts, uri, application, maximum, declaresAPI: false, redactedURI)))
    }

    /// Lends a client until the loan ends; blocks while all are out.
    package func borrow() -> ClientLoan {
        let handle = state.withLock { $0.handle }
        return ClientLoan(client: MongoClient(handle: handle.pop(), pool: self), home: handle)
    }

    /// Grows when what was remembered of the deployment was given up: what was known of its elections is void.
    package var generation: Int {
        state.withLock { $0.generation }
    }

    /// What keeps us from the servers, in words, since they were asked; nil while they answer.
    package var finding: String? {
        state.withLock { $0.finding }
    }
}

// MARK: What becomes of it

extension ClientPool {
    func answered() {
        state.withLock { state in
            state.health.answered()
            state.finding = nil
        }
    }

    /// No server was found. Blocks, for seconds, when it is time to begin anew.
    func foundNone() {
        let failing = state.withLock { state -> Duration? in
            guard !state.isRenewing, let failing = state.health.foundNone(at: .now) else { return nil }
            state.isRenewing = true
            return failing
        }
        if let failing { renew(after: failing) }
    }

    /// The server takes no command without the version of its API.
    func declareAPI() {
        let isNews = state.withLock { state in
            guard !state.isRenewing, !state.declaresAPI else { return false }
            (state.isRenewing, state.declaresAPI) = (true, true)
            return true
        }
        if isNews { renew(after: nil) }
    }

    private func renew(after failing: Duration?) {
        let declaresAPI = state.withLock { $0.declaresAPI }
        let finding = failing == nil ? nil : serverProblem(uri: uri)
        // Without DNS the one of before is kept.
        let fresh = try? PoolHandle(
            parts, uri, application, maximum, declaresAPI: declaresAPI, redactedURI)
        // The old one is freed once all its clients are back.
        state.withLock { state in
            state.isRenewing = false
            state.finding = finding
            guard let fresh else { return }
            state.handle = fresh
            state.generation += 1
        }
        if let failing {
            log.warning(
                "no MongoDB to write to at \(redactedURI) for \(failing.components.seconds) s\(finding.map { ": \($0)" } ?? ""). Connecting anew: what was known of the deployment is forgotten."
            )
        } else {
            log.info("the server demands that the Stable API is declared: connected anew with apiVersion 1")
        }
    }
}

/// One of libmongoc's pools; lives until its last client is back.
final class PoolHandle: Sendable {
    // libmongoc's pool is thread-safe.
    nonisolated(unsafe) private let handle: OpaquePointer

    init(
        _ parts: URIParts, _ uri: String, _ application: String, _ maximum: Int, declaresAPI: Bool,
        _ namespace: String
    ) throws(MongoError) {
        startLibrary()
        var error = shim_error()
        guard
            let pool = shim_pool_new(parts.forDriver, application, UInt32(maximum), declaresAPI, &error)
        else {
            // libmongoc quotes values of options.
            let reason = MongoError(error, operation: "connect", namespace: namespace)
            throw MongoError(
                source: reason.source, code: reason.code, message: reason.message.hiding(secrets(ofURI: uri)),
                operation: "connect", namespace: namespace)
        }
        handle = pool
    }

    deinit {
        shim_pool_free(handle)
    }

    func pop() -> OpaquePointer {
        shim_pool_pop(handle)
    }

    func giveBack(_ client: OpaquePointer) {
        shim_pool_push(handle, client)
    }
}

/// A client out of its pool; goes back when the loan ends.
package struct ClientLoan: ~Copyable {
    package let client: MongoClient
    private let home: PoolHandle

    fileprivate init(client: consuming MongoClient, home: PoolHandle) {
        self.client = client
        self.home = home
    }

    deinit {
        home.giveBack(client.handle)
    }
}
