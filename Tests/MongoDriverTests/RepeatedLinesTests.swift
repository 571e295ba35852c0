@testable import MongoDriver
import Testing

@Suite struct RepeatedLinesTests {
    private let start = SuspendingClock.now

    @Test func aLineIsShownOnceAMinuteWithTheCountOfTheHidden() {
        var lines = RepeatedLines()
        #expect(lines.admit("a", at: start) == 0)
        #expect(lines.admit("a", at: start + .seconds(1)) == nil)
        #expect(lines.admit("b", at: start + .seconds(1)) == 0)
        #expect(lines.admit("a", at: start + .seconds(59)) == nil)
        #expect(lines.admit("a", at: start + .seconds(60)) == 2)
        #expect(lines.admit("a", at: start + .seconds(61)) == nil)
        #expect(lines.admit("a", at: start + .seconds(120)) == 1)
    }

    @Test func linesThatDifferEachTimeAreNotKept() {
        var lines = RepeatedLines(capacity: 2)
        for number in 0..<10 {
            #expect(lines.admit("\(number)", at: start) == 0)
        }
        #expect(lines.admit("9", at: start) == nil)
    }
}
