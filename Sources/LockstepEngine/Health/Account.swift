import LockstepCore
import Logging
import MongoDriver
import Synchronization

/// An account with a service, or a program: its limits and its health are those of all listeners on it.
package final class Account: Sendable {
    private struct Waiting {
        var free: Int
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var ids = 0
    }

    package let id: AccountID
    private let state = Mutex(AccountState())
    private let line: Mutex<Waiting>
    private let used = Mutex(UsageTotal())
    private let log: Logger

    /// - Parameter concurrency: calls in flight at once.
    package init(_ id: AccountID, concurrency: Int, log: Logger) {
        self.id = id
        self.log = log
        line = Mutex(Waiting(free: max(1, concurrency)))
    }

    /// Makes a call for a listener, once there is room for it.
    ///
    /// - Throws: ``AccountHeld`` when another call has met an outage meanwhile.
    package func call<Result: Sendable>(
        _ listener: String, _ body: () async throws -> Result
    ) async throws -> Result {
        guard await enter() else { throw CancellationError() }
        defer { leave() }
        if let until = holdsUntil(.now, for: listener) { throw AccountHeld(until: until) }
        return try await body()
    }

    /// - Returns: false when the task was cancelled meanwhile.
    private func enter() async -> Bool {
        let id: Int? = line.withLock { line in
            if line.free > 0 {
                line.free -= 1
                return nil
            }
            line.ids += 1
            return line.ids
        }
        guard let id else { return true }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now: Bool? = line.withLock { line in
                    if Task.isCancelled { return false }
                    if line.free > 0 {
                        line.free -= 1
                        return true
                    }
                    line.waiting.append((id, continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let cancelled = line.withLock { line in
                line.waiting.firstIndex { $0.id == id }.map { line.waiting.remove(at: $0).continuation }
            }
            cancelled?.resume(returning: false)
        }
    }

    /// Calls that could be made at once, and those that wait.
    package var usageOfCalls: (free: Int, waiting: Int) {
        line.withLock { ($0.free, $0.waiting.count) }
    }

    private func leave() {
        let next = line.withLock { line -> CheckedContinuation<Bool, Never>? in
            if !line.waiting.isEmpty { return line.waiting.removeFirst().continuation }
            line.free += 1
            return nil
        }
        next?.resume(returning: true)
    }
}

/// The account is not asked before that time: a call was not made.
package struct AccountHeld: Error {
    package let until: ContinuousClock.Instant
}

// MARK: Health

extension Account {
    /// A listener has met an outage. Gives the time of the next attempt.
    package func failed(
        _ listener: String, _ reason: String, began: ContinuousClock.Instant, after pause: Duration? = nil
    ) -> ContinuousClock.Instant {
        let (due, line) = state.withLock {
            $0.failed(
                listener, reason, began: began, after: pause, at: .now, milliseconds: currentMilliseconds())
        }
        if let line {
            log.about(listener).error(
                "\(listener): \(reason). Its changes stay pending; nothing is lost. Trying again until it works\(line.text)."
            )
        }
        return due
    }

    /// The account asks a listener to wait. Gives the time of the next attempt.
    package func waits(
        _ listener: String, _ pause: Duration, _ reason: String, began: ContinuousClock.Instant
    ) -> ContinuousClock.Instant {
        let (due, isLong) = state.withLock { $0.waits(listener, pause, at: .now) }
        return isLong ? failed(listener, reason, began: began, after: pause) : due
    }

    /// A listener got its answers to what it began to ask then.
    package func succeeded(_ listener: String, began: ContinuousClock.Instant) {
        for line in state.withLock({ $0.succeeded(listener, began: began, at: .now) }) {
            log.about(line.listener).notice("\(line.listener): works again\(line.text)")
        }
    }

    /// A call failed: it may be the inputs, it may be the account.
    package func callFailed(_ reason: String, at now: ContinuousClock.Instant) {
        state.withLock { $0.callFailed(reason, at: now) }
    }

    /// A call was answered.
    package func callSucceeded(_ usage: Usage = Usage()) {
        state.withLock { $0.callSucceeded() }
        guard usage.tokens != nil || !usage.truncated.isEmpty else { return }
        used.withLock { $0.add(usage) }
    }

    /// What all calls used so far.
    package var usage: UsageTotal {
        used.withLock { $0 }
    }

    package func holdsUntil(_ now: ContinuousClock.Instant, for listener: String) -> ContinuousClock.Instant?
    {
        state.withLock { $0.holdsUntil(now, for: listener) }
    }

    package func outage(of listener: String) -> (reason: String, since: Int64?)? {
        state.withLock { $0.outage(of: listener) }
    }

    package func suspicion(at now: ContinuousClock.Instant) -> String? {
        state.withLock { $0.suspicion(at: now) }
    }
}

/// What calls used together.
package struct UsageTotal: Hashable, Sendable {
    package var tokens = 0
    /// Inputs that were cut.
    package var truncated = 0

    package mutating func add(_ usage: Usage) {
        tokens += usage.tokens ?? 0
        truncated += usage.truncated.count
    }
}

/// The accounts of a session, each once.
package final class Accounts: Sendable {
    private let known = Mutex<[AccountID: Account]>([:])
    private let log: Logger

    package init(log: Logger) {
        self.log = log
    }

    package func of(_ provider: any Provider) -> Account {
        known.withLock { known in
            if let account = known[provider.account] { return account }
            let account = Account(provider.account, concurrency: provider.limits.concurrency, log: log)
            known[provider.account] = account
            return account
        }
    }
}
