@testable import Lockstep
@testable import LockstepEngine
import Testing

@Suite struct LatencyWindowTests {
    let now = ContinuousClock.now

    @Test func withoutCallsNothingIsKnown() {
        var window = LatencyWindow()
        #expect(window.quantile(0.5, at: now) == nil)
    }

    @Test(arguments: [(0.5, 0.010), (0.99, 0.010), (1.0, 2.0)])
    func aQuantileIsAtMostAQuarterTooLarge(share: Double, expected: Double) throws {
        var window = LatencyWindow()
        for _ in 0..<199 { window.add(.milliseconds(10), at: now) }
        window.add(.seconds(2), at: now)
        let quantile = window.quantile(share, at: now)
        let found = try #require(quantile)
        #expect(found >= expected && found <= expected * 1.25)
    }

    @Test func whatIsTwoMinutesOldIsForgotten() {
        var window = LatencyWindow()
        window.add(.seconds(1), at: now)
        window.add(.milliseconds(1), at: now + .seconds(61))
        #expect(window.quantile(1, at: now + .seconds(62)) ?? 0 >= 1)
        window.add(.milliseconds(1), at: now + .seconds(122))
        #expect(window.quantile(1, at: now + .seconds(123)) ?? 9 < 0.01)
        #expect(window.quantile(1, at: now + .seconds(999)) == nil)
    }

    @Test func whatIsBeyondAllBucketsCountsAsTheLargest() throws {
        var window = LatencyWindow()
        window.add(.seconds(1_000_000), at: now)
        window.add(.zero, at: now)
        let (most, least) = (window.quantile(1, at: now), window.quantile(0.1, at: now))
        #expect(try #require(most) > 1000)
        #expect(try #require(least) < 0.001)
    }
}
