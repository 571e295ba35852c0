@testable import Lockstep
@testable import LockstepEngine
import Testing

@Suite struct OutageLogTests {
    @Test func theBeginningALineNowAndThenAndTheEndAreSaid() {
        var log = OutageLog()
        let start = ContinuousClock.now
        #expect(log.over(start) == nil)
        #expect(log.failed(start) == "")
        #expect(log.failed(start + .seconds(599)) == nil)
        #expect(log.failed(start + .seconds(600)) == " (for 600 s now, 3 attempts)")
        #expect(log.failed(start + .seconds(601)) == nil)
        #expect(log.over(start + .seconds(700)) == " after 700 s and 4 attempts")
        #expect(log.over(start + .seconds(701)) == nil)
        #expect(log.failed(start + .seconds(702)) == "")
    }
}
