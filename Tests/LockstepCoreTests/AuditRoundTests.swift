@testable import LockstepCore
@testable import MongoBSON
import Testing

/// When the pages of the periodic audit are read, and which.
@Suite struct AuditRoundTests {
    private static let day = Duration.seconds(86400)

    /// Runs rounds over collections with so many documents, by a clock that jumps from page to page.
    private func pages(
        _ sizes: [String: Int], rounds: Int, from start: AuditRound
    ) -> (pages: [(collection: String, at: Int64)], round: AuditRound) {
        var round = start
        var now = start.began
        var pages: [(collection: String, at: Int64)] = []
        let total = sizes.values.reduce(0, +)
        var done = 0
        while done < rounds {
            now = max(now, round.due(of: total, every: Self.day))
            guard let collection = round.next(of: Array(sizes.keys)) else {
                round.endedAll(at: now)
                done += 1
                continue
            }
            let before = round.collection == collection ? (round.after?.int ?? 0) : 0
            let count = min(AuditRound.page, (sizes[collection] ?? 0) - before)
            if count > 0 {
                pages.append((collection, now))
                round.read(collection, upTo: BSONValue(before + count), documents: count, found: 1)
            } else {
                let began = round.began
                round.ended(collection, of: Array(sizes.keys), at: now)
                if round.began != began { done += 1 }
            }
        }
        return (pages, round)
    }

    @Test func aRoundReadsEachPageOnceAndIsSpreadOverItsTime() {
        let sizes = ["b": 2500, "a": 1000, "empty": 0, "c": 1500]
        let (pages, round) = pages(sizes, rounds: 1, from: AuditRound(began: 0))
        #expect(pages.map(\.collection) == ["a", "b", "b", "b", "c", "c"])
        let hours = pages.map { Double($0.at) / 3_600_000 }
        // 5,000 documents: each page when as much of the day is over as of them.
        #expect(hours.map { ($0 * 10).rounded() / 10 } == [0, 4.8, 9.6, 14.4, 16.8, 21.6])
        #expect(round.completed == 86_400_000 && round.documents == 0 && round.foundBefore == 6)
    }

    @Test func smallCollectionsAreSpreadToo() {
        let sizes = Dictionary(uniqueKeysWithValues: (0..<10).map { ("c\($0)", 3) })
        let (pages, _) = pages(sizes, rounds: 1, from: AuditRound(began: 0))
        #expect(pages.map(\.at) == (0..<10).map { $0 * 8_640_000 })
    }

    @Test func eachDocumentIsReadOnceADay() {
        let sizes = ["a": 3000, "b": 1000]
        let (pages, _) = pages(sizes, rounds: 3, from: AuditRound(began: 0))
        let times = pages.filter { $0.collection == "b" }.map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 86_400_000 })
    }

    @Test func afterAPauseTheRestIsNotReadAtOnce() {
        var round = AuditRound(began: 0)
        round.read("a", upTo: 1000, documents: 1000, found: 0)
        let weekLater: Int64 = 7 * 86_400_000
        round.resume(of: 4000, every: Self.day, at: weekLater)
        #expect(round.due(of: 4000, every: Self.day) == weekLater)
        round.read("a", upTo: 2000, documents: 1000, found: 0)
        #expect(round.due(of: 4000, every: Self.day) == weekLater + 6 * 3_600_000)
        // One that is in time goes on as it was.
        let before = round
        round.resume(of: 4000, every: Self.day, at: weekLater)
        #expect(round == before)
    }

    @Test func aCollectionThatIsGoneOrNewDoesNotStopIt() {
        var round = AuditRound(began: 0)
        round.read("b", upTo: 5, documents: 5, found: 0)
        #expect(round.next(of: ["a", "b", "c"]) == "b")
        #expect(round.next(of: ["a", "c"]) == "c")
        #expect(round.next(of: ["a"]) == nil)
        #expect(AuditRound(began: 0).next(of: ["b", "a"]) == "a")
    }

    @Test func itSurvivesARestart() {
        var round = AuditRound(began: 1_700_000_000_000)
        #expect(AuditRound(round.document) == round)
        round.endedAll(at: 1_700_000_100_000)
        round.read("docs", upTo: "an id", documents: 17, found: 2)
        #expect(AuditRound(round.document) == round)
        #expect(AuditRound(["began": "yesterday"]) == nil)
        #expect(AuditRound(["began": BSONValue(millisecondsSince1970: .max)]) == nil)
        let damaged = AuditRound(["began": BSONValue(millisecondsSince1970: 5), "documents": -3, "after": 7])
        #expect(damaged?.documents == 0 && damaged?.after == nil)
    }
}
