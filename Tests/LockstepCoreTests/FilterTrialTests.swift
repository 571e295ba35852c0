@testable import LockstepCore
import Testing

@Suite struct FilterTrialTests {
    /// Asks until every document is known to pass or to fail; gives the failing ones and the number of queries.
    private func find(_ bad: Set<Int>, among count: Int, perQuery: Int) -> (Set<Int>, queries: Int) {
        let ranges = stride(from: 0, to: count, by: perQuery).map { $0..<min($0 + perQuery, count) }
        var trial = FilterTrial(ranges)
        var asked = 0
        var passed: [Int] = []
        while let range = trial.next() {
            asked += 1
            if range.contains(where: bad.contains) {
                trial.failed(range, "why")
            } else {
                passed += range
            }
        }
        #expect(passed.sorted() == (0..<count).filter { !bad.contains($0) })
        return (Set(trial.failures.keys), asked)
    }

    @Test(arguments: [
        (bad: [], count: 1000, perQuery: 1000, atMost: 1), ([], 1000, 300, 4), ([0], 1, 1, 1), ([0], 2, 2, 3),
        ([999], 1000, 1000, 33), ([500, 501], 1000, 1000, 65), ([0, 999], 1000, 400, 60), ([], 0, 10, 0),
        (Array(0..<1000), 1000, 1000, 1200),
    ])
    func thoseThatFailAreFoundAndTheOthersPass(bad: [Int], count: Int, perQuery: Int, atMost: Int) {
        let (found, queries) = find(Set(bad), among: count, perQuery: perQuery)
        #expect(found == Set(bad))
        #expect(queries <= atMost)
    }

    @Test func anyMixtureIsTold() {
        var generator = SystemRandomNumberGenerator()
        for count in [1, 2, 7, 8, 9, 63, 64, 65, 700] {
            let bad = Set((0..<count).filter { _ in Bool.random(using: &generator) })
            #expect(find(bad, among: count, perQuery: 100).0 == bad)
        }
    }
}
