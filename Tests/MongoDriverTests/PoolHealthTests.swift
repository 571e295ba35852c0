import Testing

@testable import MongoDriver

/// When what the driver remembers of a deployment is given up.
@Suite struct PoolHealthTests {
    private let start = ContinuousClock.now

    @Test func whatFailsForLongIsBegunAnewAndEachTimeLater() {
        var health = PoolHealth()
        #expect(health.foundNone(at: start) == nil)
        #expect(health.foundNone(at: start + .seconds(19)) == nil)
        #expect(health.foundNone(at: start + .seconds(21)) == .seconds(21))
        // Twice as long, and again.
        #expect(health.foundNone(at: start + .seconds(60)) == nil)
        #expect(health.foundNone(at: start + .seconds(61)) == .seconds(40))
        #expect(health.foundNone(at: start + .seconds(140)) == nil)
        #expect(health.foundNone(at: start + .seconds(141)) == .seconds(80))
    }

    @Test func itIsNeverLeftForLongerThanFiveMinutes() {
        var health = PoolHealth()
        var now = start
        _ = health.foundNone(at: now)
        for _ in 0..<20 {
            now += .seconds(300)
            #expect(health.foundNone(at: now) == .seconds(300))
        }
    }

    @Test func anAnswerBeginsTheCountAnew() {
        var health = PoolHealth()
        _ = health.foundNone(at: start)
        health.answered()
        #expect(health.foundNone(at: start + .seconds(30)) == nil)
        #expect(health.foundNone(at: start + .seconds(51)) == .seconds(21))
    }
}
