import LockstepCore
import Logging
import MongoDriver
import Synchronization

/// An account with a service, or a program: its limits and its health are those of all listeners on it.
package final class Account: Sendable {
    package let id: AccountID
    private let state = Mutex(AccountState())
    private let line: AccountLine
    /// Nil where the calls bound what works.
    private let room: RoundRoom?
    private let log: Logger

    package init(
        _ id: AccountID, _ limits: BatchLimits, _ terms: ModelTerms = ModelTerms(), log: Logger
    ) {
        self.id = id
        self.log = log
        let line = AccountLine(Pacing(limits, terms))
        self.line = line
        room = terms.isRemote ? RoundRoom { line.calls.now } : nil
    }

    /// Another model shares the account.
    package func join(_ limits: BatchLimits, _ terms: ModelTerms) {
        line.join(limits, terms)
    }

    /// Makes a call for a listener, once there is room for it.
    ///
    /// - Parameter tokens: by estimate.
    /// - Throws: ``AccountHeld`` when another call has met an outage meanwhile, or a limit leaves no room for long.
    package func ask(
        _ listener: String, tokens: Double = 1, _ body: () async throws -> ProviderReply
    ) async throws -> ProviderReply {
        let call = try await line.enter(tokens: tokens)
        var ending = Pacing.Ending.failed
        defer { line.leave(call, ending) }
        if let until = holdsUntil(.now, for: listener) { throw AccountHeld(until: until) }
        do {
            let reply = try await body()
            ending = .answered(requests: reply.usage.requests, tokens: reply.usage.tokens)
            return reply
        } catch ModelError.retryAfter(let time, let reason) {
            ending = .refused(time)
            throw ModelError.retryAfter(time, reason)
        }
    }

    /// Calls in flight, and those that wait.
    package var load: (inFlight: Int, waiting: Int) { line.load }

    /// How many tasks a listener needs to use the account.
    package var lanes: Int {
        room == nil ? line.calls.most : RoundRoom.rounds(forCalls: line.calls.most)
    }

    /// Whether so many documents are worth a round now; ``leaveRound()`` follows if so.
    package func admits(_ ready: Int, _ limits: RoundLimits) -> Bool {
        room?.admits(ready, limits) ?? true
    }

    /// - Returns: whether another round may begin for that.
    package func leaveRound() -> Bool {
        room?.leave()
        return room != nil
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
                "\(listener): \(reason.withoutStop). Its changes stay pending; nothing is lost. Trying again until it works\(line.text)."
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
    package func callSucceeded() {
        state.withLock { $0.callSucceeded() }
    }

    package func holdsUntil(_ now: ContinuousClock.Instant, for listener: String) -> ContinuousClock.Instant?
    {
        let (health, rate) = (state.withLock { $0.holdsUntil(now, for: listener) }, line.holdsUntil(now))
        return [health, rate].compactMap { $0 }.max()
    }

    package func outage(of listener: String) -> (reason: String, since: Int64?)? {
        state.withLock { $0.outage(of: listener) }
    }

    package func suspicion(at now: ContinuousClock.Instant) -> String? {
        state.withLock { $0.suspicion(at: now) }
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
            if let account = known[provider.account] {
                account.join(provider.limits, provider.terms)
                return account
            }
            let account = Account(provider.account, provider.limits, provider.terms, log: log)
            known[provider.account] = account
            return account
        }
    }
}
