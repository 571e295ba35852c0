@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Testing

@Suite struct RecentChangesTests {
    @Test func numbersGoOnAndTheNewestAreKept() {
        let recent = RecentChanges()
        for round in 0..<200 {
            recent.add(
                [(BSONValue(round), .stored, nil), (BSONValue("more"), .removed, .milliseconds(3))], of: 10,
                listener: "docs/text/length", at: 0)
        }
        #expect(recent.after(0).count == 2000)
        let all = recent.after(0).changes
        #expect(all.count == 200)
        #expect(all.map(\.number) == all.map(\.number).sorted())
        #expect(all.suffix(2).map(\.number) == [1999, 2000])
        #expect(all.suffix(2).map(\.documentID) == [199, "more"])
        #expect(recent.after(1999).changes.map(\.outcome) == [.removed])
        #expect(recent.after(2000).changes.isEmpty)
    }

    @Test func eachListenerIsShownAndTheNewestIsLast() {
        let recent = RecentChanges()
        for (listener, rounds) in [("slow", 1), ("fast", 20), ("other", 2)] {
            for round in 0..<rounds {
                recent.add(
                    (0..<5).map { (BSONValue(round * 5 + $0), .stored, nil) }, of: 1000, listener: listener,
                    at: 0)
            }
        }
        let changes = recent.after(0).changes
        let shown = RecentChange.selection(of: changes, limit: 20)
        #expect(shown.count == 20)
        #expect(shown.map(\.number) == shown.map(\.number).sorted())
        #expect(shown.last?.number == 23_000)
        #expect(shown.filter { $0.listener == "slow" }.count == 5)
        #expect(shown.filter { $0.listener == "other" }.count >= 7)
        #expect(RecentChange.selection(of: changes, limit: 2).map(\.listener) == ["fast", "other"])
        #expect(RecentChange.selection(of: Array(changes.prefix(3)), limit: 20).count == 3)
    }
}
