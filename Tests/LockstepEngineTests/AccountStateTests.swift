import Logging
import Synchronization
import Testing

@testable import LockstepEngine
import LockstepCore

/// What listeners on one account know of each other.
@Suite struct AccountStateTests {
    private let start = ContinuousClock.now

    private func fail(
        _ state: inout AccountState, _ listener: String, at seconds: Double, since began: Double? = nil
    ) -> (due: ContinuousClock.Instant, line: AccountState.Line?) {
        state.failed(
            listener, "refused", began: start + .seconds(began ?? seconds), at: start + .seconds(seconds),
            milliseconds: Int64(seconds * 1000))
    }

    @Test func anOutageOfOneHoldsTheOthersUntilOneIsAnswered() {
        var state = AccountState()
        let (due, line) = fail(&state, "a", at: 1)
        #expect(line?.listener == "a")
        for listener in ["a", "b"] {
            #expect(state.holdsUntil(start + .seconds(1), for: listener) == due)
            #expect(state.holdsUntil(due, for: listener) == nil)
            #expect(state.outage(of: listener)?.reason == "refused")
            #expect(state.outage(of: listener)?.since == 1000)
        }
        let lines = state.succeeded("b", began: due, at: due + .seconds(1))
        #expect(lines.map(\.listener) == ["a"])
        #expect(state.outage(of: "a") == nil && state.holdsUntil(start, for: "a") == nil)
    }

    @Test func oneOfThoseThatMeetTheSameOutageTellsOfIt() {
        var state = AccountState()
        #expect(fail(&state, "a", at: 1).line != nil)
        #expect(fail(&state, "b", at: 2).line == nil)
        #expect(
            state.succeeded("b", began: start + .seconds(3), at: start + .seconds(4)).map(\.listener) == ["a"]
        )
        // It begins anew, for whoever meets it.
        #expect(fail(&state, "b", at: 5).line?.listener == "b")
    }

    @Test func anAnswerToWhatWasAskedBeforeTheOutageEndsNone() {
        var state = AccountState()
        _ = fail(&state, "a", at: 2)
        #expect(state.succeeded("b", began: start + .seconds(1), at: start + .seconds(3)).isEmpty)
        #expect(state.outage(of: "b") != nil)
        // Its own it ends.
        #expect(state.succeeded("a", began: start + .seconds(1), at: start + .seconds(3)).count == 1)
        #expect(state.outage(of: "b") == nil)
    }

    @Test func whoIsNotAnsweredWhileOthersAreHoldsNobodyElse() {
        var state = AccountState()
        _ = state.succeeded("b", began: start + .seconds(2), at: start + .seconds(3))
        let (due, _) = fail(&state, "a", at: 4, since: 1)
        #expect(state.holdsUntil(start + .seconds(4), for: "a") == due)
        #expect(state.holdsUntil(start + .seconds(4), for: "b") == nil && state.outage(of: "b") == nil)
        // The answers of the other do not end it, so that its pauses grow.
        #expect(state.succeeded("b", began: start + .seconds(5), at: start + .seconds(6)).isEmpty)
        #expect(state.outage(of: "a") != nil)
    }

    /// One that fails faster than others are answered would hold them at each of its attempts.
    @Test func whoFailsAgainAfterAnotherWasAnsweredHoldsNobodyElse() {
        var state = AccountState()
        _ = fail(&state, "a", at: 1)
        #expect(state.succeeded("b", began: start + .seconds(0.5), at: start + .seconds(2)).isEmpty)
        let (due, _) = fail(&state, "a", at: 3)
        #expect(state.holdsUntil(start + .seconds(3), for: "a") == due)
        #expect(state.holdsUntil(start + .seconds(3), for: "b") == nil && state.outage(of: "b") == nil)
    }

    @Test func whoIsAskedToWaitHoldsAllAndIsOutWhenThatLasts() {
        var state = AccountState()
        let (due, isLong) = state.waits("a", .seconds(5), at: start)
        #expect(due == start + .seconds(5) && !isLong)
        #expect(state.holdsUntil(start, for: "b") == due && state.outage(of: "b") == nil)
        #expect(state.waits("a", .seconds(5), at: start + AccountState.patience).isLong)
        // A minute is what a window of requests lasts; hours are told at once.
        #expect(!state.waits("b", AccountState.patience, at: start).isLong)
        #expect(state.waits("c", .seconds(7200), at: start).isLong)
    }

    private final class Calls: Sendable {
        private let state = Mutex((now: 0, most: 0, all: 0))

        func begin() {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
                state.all += 1
            }
        }

        func end() {
            state.withLock { $0.now -= 1 }
        }

        var counts: (now: Int, most: Int, all: Int) {
            state.withLock { $0 }
        }
    }

    private func account(_ concurrency: Int) -> Account {
        Account(
            AccountID("a"), BatchLimits(concurrency: concurrency),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func listenersOnOneAccountShareItsCalls() async throws {
        let account = account(2)
        let calls = Calls()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for listener in 0..<20 {
                group.addTask {
                    _ = try await account.ask("listener \(listener)") {
                        calls.begin()
                        for _ in 0..<10 { await Task.yield() }
                        calls.end()
                        return ProviderReply([])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(calls.counts.all == 20 && calls.counts.most <= 2)
    }

    @Test func whoComesAfterAnOutageIsNotAsked() async throws {
        let account = account(1)
        let due = account.failed("a", "refused", began: .now)
        await #expect(throws: AccountHeld.self) {
            try await account.ask("b") {
                Issue.record("it was asked")
                return ProviderReply([])
            }
        }
        try await Task.sleep(until: due)
        _ = try await account.ask("b") { ProviderReply([]) }
    }

    @Test func whoIsCancelledWhileItWaitsForACallTakesNoRoom() async throws {
        let account = account(1)
        let (gate, opened) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await account.ask("a") {
                for await _ in gate { break }
                return ProviderReply([])
            }
        }
        while account.load.inFlight == 0 { await Task.yield() }
        let second = Task { try await account.ask("b") { ProviderReply([]) } }
        while account.load.waiting == 0 { await Task.yield() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        opened.yield()
        _ = try await first.value
        #expect(account.load == (0, 0))
        _ = try await account.ask("c") { ProviderReply([]) }
    }

    @Test func aRefusedCallHoldsAllOthersOfTheAccountAtOnce() async throws {
        let account = Account(
            AccountID("a"), BatchLimits(), ModelTerms(isRemote: true),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let refusal = ModelError.retryAfter(.seconds(60), "too many")
        await #expect(throws: refusal) { try await account.ask("a") { throw refusal } }
        #expect(account.holdsUntil(.now, for: "b") != nil)
        await #expect(throws: AccountHeld.self) { try await account.ask("b") { ProviderReply([]) } }
    }

    @Test func whoWouldWaitLongForARateIsSentAway() async throws {
        let account = Account(
            AccountID("a"), BatchLimits(), ModelTerms(requests: Rate(1, per: .seconds(60))),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try? await account.ask("a") { ProviderReply([]) }
        await #expect(throws: AccountHeld.self) { try await account.ask("b") { ProviderReply([]) } }
        #expect(account.holdsUntil(.now, for: "b") != nil && account.load == (0, 0))
    }
}
