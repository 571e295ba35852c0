import CMongoShim
import Logging
import MongoBSON
import Synchronization

/// The connections to one deployment, shared by threads.
///
/// libmongoc's single client tries a server once and gives up; pooled clients wait and recover, so that everything
/// goes through a pool. Where the pool does not recover, a new one takes its place: see ``PoolHealth``.
package final class ClientPool: Sendable {
    /// The URI with its password replaced by `***`.
    package let redactedURI: String
    private let source: PoolSource
    private let state: Mutex<State>
    private let log = Logger(label: "lockstep.mongodb")

    private struct State {
        var handle: PoolHandle
        var generation = 0
        var health = PoolHealth()
        var declaresAPI = false
        var isRenewing = false
        /// Why no server can be used, as far as their answers say.
        var finding: String?
    }

    private init(_ source: PoolSource, _ handle: PoolHandle) {
        redactedURI = source.redactedURI
        self.source = source
        state = Mutex(State(handle: handle))
    }

    /// Checks the URI and the files that it names, and makes the pool; connects to no server yet.
    ///
    /// - Parameter maximum: the most connections; a borrower beyond them waits.
    package static func open(
        uri: String, application: String, maximum: Int
    ) throws(MongoError) -> ClientPool {
        let source = try PoolSource.checked(uri: uri, application: application, maximum: maximum)
        return ClientPool(source, try PoolHandle.open(source, declaresAPI: false))
    }

    /// Lends a client until the loan ends; blocks while all are out.
    package func borrow() -> ClientLoan {
        let handle = state.withLock { $0.handle }
        return ClientLoan(client: MongoClient(handle: handle.pop(), pool: self), home: handle)
    }

    /// Grows each time that a new pool takes the place of the old one, which voids all knowledge of elections.
    package var generation: Int {
        state.withLock { $0.generation }
    }

    /// Why no server can be used, in words; nil while they answer.
    package var finding: String? {
        state.withLock { $0.finding }
    }
}

// MARK: Health

extension ClientPool {
    func answered() {
        state.withLock { state in
            state.health.answered()
            state.finding = nil
        }
    }

    /// Notes that no server was found. Blocks for seconds when it is time for a new pool.
    func foundNone() {
        let failing = state.withLock { state -> Duration? in
            guard !state.isRenewing, let failing = state.health.foundNone(at: .now) else { return nil }
            state.isRenewing = true
            return failing
        }
        if let failing { renew(after: failing) }
    }

    /// Makes a new pool that declares the API version, where the server takes no command without it.
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
        let finding = failing == nil ? nil : serverProblem(uri: source.uri)
        // Without DNS the old pool stays.
        let fresh = try? PoolHandle.open(source, declaresAPI: declaresAPI)
        // The old pool is freed once all its clients are back.
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

/// A client of a pool; goes back when the loan ends.
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
