import Testing

@testable import Lockstep

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
        #expect(all.suffix(2).map(\.number) == [1991, 1992])
        #expect(all.suffix(2).map(\.documentID) == [199, "more"])
        #expect(recent.after(1991).changes.map(\.outcome) == [.removed])
        #expect(recent.after(2000).changes.isEmpty)
    }
}
