@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import Logging
import Testing

/// When a listener begins no new work.
@Suite struct ListenerHealthTests {
    private let health = ListenerHealth(
        name: "docs/text/length", log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    private let now = ContinuousClock.now

    @Test func oneThatWorksHoldsNothing() {
        #expect(health.holdsUntil(now) == nil && !health.isOut)
    }

    @Test func oneThatIsPausedHoldsUntilItIsResumed() {
        health.pause(true)
        #expect(health.holdsUntil(now).map { $0 > now } == true && health.isOut)
        #expect(health.holdsUntil(now + .seconds(3600)) != nil)
        health.pause(false)
        #expect(health.holdsUntil(now) == nil && !health.isOut)
    }

    @Test func anOutageHoldsUntilTheNextAttempt() {
        let due = health.failed("connection refused")
        #expect(health.holdsUntil(due - .milliseconds(1)) == due)
        #expect(health.holdsUntil(due) == nil)
        #expect(health.isOut && health.outageSince != nil)
        health.succeeded()
        #expect(!health.isOut && health.outageSince == nil)
    }

    @Test func whoAsksToWaitIsWaitedForAndIsNotOut() {
        let due = health.waits(.seconds(5), "too many requests")
        #expect(health.holdsUntil(due - .milliseconds(1)) == due && health.holdsUntil(due) == nil)
        #expect(!health.isOut)
    }

    @Test func aPauseIsNotEndedByAModelThatWorks() {
        health.pause(true)
        health.succeeded()
        #expect(health.isOut && health.holdsUntil(now) != nil)
    }

    @Test func aModelWhoseEveryCallFailsIsToldBeforeItIsAnOutage() {
        func state(_ seconds: Double) -> ListenerStatus.State {
            health.condition(at: now + .seconds(seconds)).state
        }
        health.account.callFailed("it broke", at: now)
        // An input that breaks the model is found meanwhile, perhaps.
        #expect(state(0.5) == .ok)
        health.account.callFailed("it broke again", at: now + .seconds(1))
        #expect(state(1.5) == .out)
        #expect(health.condition(at: now + .seconds(1.5)).reason == "it broke again")
        // Nothing follows from it yet.
        #expect(!health.isOut && health.holdsUntil(now) == nil)
        health.account.callSucceeded()
        #expect(state(9) == .ok)
        #expect(health.pause(true))
        health.account.callFailed("it broke", at: now)
        #expect(state(9) == .paused)
    }
}
