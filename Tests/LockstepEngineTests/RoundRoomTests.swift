import LockstepCore
import Testing

@testable import LockstepEngine

/// How many rounds of an account work at once.
@Suite struct RoundRoomTests {
    private let limits = RoundLimits(live: 32, scan: 32)

    @Test func asManyRoundsAsCallsTakeWhateverIsThere() {
        let room = RoundRoom { 4 }
        for _ in 0..<4 { #expect(room.admits(1, limits)) }
        #expect(!room.admits(31, limits))
        room.leave()
        #expect(room.admits(1, limits))
    }

    @Test func moreThanThatTakeFullCallsOnly() {
        let room = RoundRoom { 4 }
        for _ in 0..<8 { #expect(room.admits(32, limits)) }
        #expect(!room.admits(1000, limits))
    }
}
