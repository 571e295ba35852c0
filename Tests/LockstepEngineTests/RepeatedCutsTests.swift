@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import Testing
import TestModels

@Suite struct RepeatedCutsTests {
    private let place = StartPlan.Stream.resume(["_data": "82"])

    @Test func threeCutsInARowAtOnePlaceMayBeItsEvent() {
        var cuts = RepeatedCuts()
        let four = (0..<4).map { _ in cuts.again(at: place, .batches) }
        #expect(four == [false, false, true, false])
        let elsewhere = cuts.again(at: .now, .batches)
        let three = (0..<3).map { _ in cuts.again(at: place, .batches) }
        #expect(!elsewhere && three == [false, false, true])
    }

    @Test func tenAreNeededWhereHistoryWouldBeGivenUp() {
        var cuts = RepeatedCuts()
        _ = cuts.again(at: place, .single)
        let ten = (1...10).filter { _ in cuts.again(at: place, .bare) }
        #expect(ten == [10])
    }
}
