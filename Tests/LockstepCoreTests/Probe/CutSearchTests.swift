import LockstepCore
import Testing

struct CutSearchTests {
    /// Asks a model that reads so many words, and refuses texts above some length.
    private func search(reads: Int, refusesAbove: Int = .max, upTo most: Int = 4096) -> (CutSearch.End, [Int])
    {
        var search = CutSearch(upTo: most)
        var asked: [Int] = []
        while let words = search.next {
            asked.append(words)
            #expect(asked.count < 40)
            guard asked.count < 40 else { break }
            search.found(words > refusesAbove ? .isRefused : words >= reads ? .isCut : .readsOn)
        }
        return (search.end, asked)
    }

    @Test(arguments: [9, 16, 17, 254, 255, 256, 510, 1000, 4096])
    func theCutIsFoundToTheWord(_ words: Int) {
        let (end, asked) = search(reads: words)
        #expect(end == .cut(words))
        #expect(asked.count <= 24 && asked.max() ?? 0 <= words * 2, "\(asked)")
    }

    @Test func whatIsReadToTheEndIsNotCut() {
        #expect(search(reads: .max).0 == .whole(upTo: 4096))
        #expect(search(reads: .max, upTo: 100).1 == [8, 16, 32, 64, 100])
    }

    @Test func aTextThatIsRefusedIsNotCut() {
        #expect(search(reads: .max, refusesAbove: 300).0 == .refused(above: 300))
        #expect(search(reads: 100, refusesAbove: 300).0 == .cut(100))
        #expect(search(reads: .max, refusesAbove: 3).0 == .refused(above: 0))
    }

    @Test func answersThatNeverDependOnTheEndShowNothing() {
        let (end, asked) = search(reads: 0)
        #expect(end == .unseen && asked == [8])
    }

    @Test func whatIsFoundBeforeTheBudgetEndsCounts() {
        var search = CutSearch(upTo: 4096)
        #expect(search.end == .whole(upTo: 0))
        search.found(.readsOn)
        search.found(.readsOn)
        search.stop()
        #expect(search.next == nil && search.end == .whole(upTo: 16))
        search = CutSearch(upTo: 4096)
        for outcome in [CutSearch.Outcome.readsOn, .readsOn, .isCut] { search.found(outcome) }
        search.stop()
        #expect(search.end == .cut(32))
    }
}
