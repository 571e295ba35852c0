import Lockstep
import Testing

@testable import LockstepServer

@Suite struct RatesTests {
    let now = ContinuousClock.now

    @Test func aRateIsOverTheLastFiveSeconds() {
        var rates = Rates()
        #expect(rates["docs/text/minilm"] == 0)
        for second in 0..<20 {
            rates.note(
                .sample { $0.listeners[0].outputs = second < 10 ? 0 : (second - 10) * 50 },
                at: now + .seconds(second))
        }
        #expect(rates["docs/text/minilm"] == 50)
        #expect(rates["another"] == 0)
    }

    @Test func theHistoryIsAQuarterOfAnHour() {
        var history = History()
        for second in 0...2000 {
            history.note(
                .sample { status in
                    status.info.inserts = second * 3
                    status.info.outputs = second * 2
                }, at: now + .seconds(second))
        }
        #expect(history.points.count == 180)
        #expect(history.points.allSatisfy { $0.events == 3 && $0.predictions == 2 && $0.lagSeconds == 0 })
    }
}
