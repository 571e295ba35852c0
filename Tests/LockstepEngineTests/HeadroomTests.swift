@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import Testing

@Suite struct HeadroomTests {
    static let cases: [(position: UInt32, oldest: UInt32, newest: UInt32, Headroom)] = [
        (1000, 0, 1000, .ample), (500, 0, 1000, .ample), (499, 0, 1000, .low), (200, 0, 1000, .low),
        (199, 0, 1000, .scarce), (0, 500, 1000, .scarce),
        // An oplog that reaches back a moment, and a position that is a moment old.
        (980, 975, 1000, .ample), (1000, 1000, 1000, .ample), (1001, 1000, 1000, .ample),
    ]

    @Test(arguments: cases)
    func itIsTheShareOfTheOplogBeforeThePosition(
        position: UInt32, oldest: UInt32, newest: UInt32, expected: Headroom
    ) {
        #expect(Headroom(position: position, oldest: oldest, newest: newest) == expected)
    }

    @Test func aChangeForTheWorseIsSaidOnceAndTheEndToo() {
        var watch = HeadroomWatch()
        #expect(watch.say(.ample, behind: 0) == nil)
        #expect(watch.say(.low, behind: 100)?.isLoud == false)
        #expect(watch.say(.low, behind: 101) == nil)
        #expect(watch.say(.scarce, behind: 200)?.isLoud == true)
        #expect(watch.say(.low, behind: 150) == nil)
        #expect(watch.say(.ample, behind: 0)?.isLoud == false)
        #expect(watch.say(.ample, behind: 0) == nil)
    }
}
