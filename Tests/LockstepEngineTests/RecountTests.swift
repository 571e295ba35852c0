@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import Testing

/// When documents are counted again, and what is made of the count meanwhile.
@Suite struct RecountTests {
    private let start = ContinuousClock.now

    @Test func itIsCountedAgainOnlyWhenItMayHaveChanged() {
        var recount = Recount<Int>(interval: .seconds(1), rarity: 20)
        #expect(recount.isDue(0, at: start))
        recount.counted(0, from: start, to: start)
        for second in 0..<1000 { #expect(!recount.isDue(0, at: start + .seconds(second))) }
        #expect(!recount.isDue(1, at: start + .milliseconds(999)))
        #expect(recount.isDue(1, at: start + .seconds(1)))
    }

    @Test func whatTakesLongToCountIsCountedSeldom() {
        var recount = Recount<Int>(interval: .seconds(1), rarity: 20)
        recount.counted(0, from: start, to: start + .seconds(3))
        #expect(!recount.isDue(1, at: start + .seconds(62)))
        #expect(recount.isDue(1, at: start + .seconds(63)))
    }

    @Test func whatCouldNotBeCountedIsTriedAgainAfterAPause() {
        var recount = Recount<Int>(interval: .seconds(1), rarity: 20)
        recount.failed(at: start, retryAfter: .seconds(5))
        #expect(!recount.isDue(0, at: start + .seconds(4)))
        #expect(recount.isDue(0, at: start + .seconds(5)))
    }

    @Test(arguments: [
        (0, 0, 0, 0), (0, 0, 7, 0), (10, 0, 20, 0), (10, 10, 10, 10), (10, 10, 25, 25), (10, 1, 10, 1),
        (1000, 333, 500, 167), (10, 5, 0, 0), (3, 2, 3, 2),
    ])
    func aShareIsExactForWhatWasCountedAndKeptForTheRest(
        documents: Int, without: Int, now: Int, expected: Int
    ) {
        let share = InputShare(documents: documents, withoutInput: without)
        #expect(share.withoutInput(of: now) == expected)
    }
}
