@testable import LockstepCore
import Testing

/// When the server has to leave out what nobody watches.
@Suite struct ForeignShareTests {
    @Test func aFewForeignChangesAreThrownAwayHere() {
        var share = ForeignShare()
        for _ in 0..<1000 { _ = share.count(bytes: 1 << 20, foreign: 300 << 10) }
        #expect(!share.isFiltered)
    }

    @Test func manyAreLeftOutByTheServerFromThenOn() {
        var share = ForeignShare()
        // It is said once, and stays so.
        let said = (0..<4).map { _ in share.count(bytes: 1 << 20, foreign: 1 << 20) }
        #expect(said == [false, true, false, false])
        #expect(share.isFiltered)
    }

    @Test func whatWasLongAgoDoesNotCount() {
        var share = ForeignShare()
        for _ in 0..<10_000 { _ = share.count(bytes: 1 << 20, foreign: 0) }
        let batches = (0..<100).prefix { _ in !share.count(bytes: 1 << 20, foreign: 1 << 20) }.count
        #expect((1..<50).contains(batches))
    }

    @Test func anEventThatIsTooLargeMayBeAForeignOne() {
        var share = ForeignShare()
        let worthATry = [share.countTooLarge(), share.countTooLarge()]
        #expect(worthATry == [true, false])
        #expect(share.isFiltered)
    }
}
