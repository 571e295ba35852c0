import LockstepCore
import Testing

struct SizeSearchTests {
    private func search(
        limit: Int, from first: Int = 16, upTo most: Int = 4096, grain: Double = 0
    ) -> (
        taken: Int, isLimit: Bool, asked: [Int]
    ) {
        var search = SizeSearch(from: first, upTo: most, grain: grain)
        var asked: [Int] = []
        while let size = search.next, asked.count < 40 {
            asked.append(size)
            search.found(isTaken: size <= limit)
        }
        return (search.taken, search.isLimit, asked)
    }

    @Test(arguments: [1, 2, 15, 16, 17, 32, 96, 100, 512, 1000, 2048, 4095])
    func theLimitIsFoundExactly(_ limit: Int) {
        let found = search(limit: limit)
        #expect(found.taken == limit && found.isLimit && found.asked.count <= 22, "\(found)")
    }

    @Test func aRoundLimitTakesOneRequestMore() {
        #expect(search(limit: 32).asked == [16, 32, 64, 33])
    }

    @Test func whereNothingIsRefusedThereIsNoLimit() {
        let found = search(limit: .max, upTo: 100)
        #expect(found.taken == 100 && !found.isLimit && found.asked == [16, 32, 64, 100])
    }

    @Test func nothingAtAllMayBeTaken() {
        let found = search(limit: 0)
        #expect(found.taken == 0 && found.isLimit && found.asked == [16, 8, 4, 2, 1])
    }

    @Test func aGrainSavesRequests() {
        let found = search(limit: 777, from: 2, grain: 1.0 / 16)
        #expect(found.taken <= 777 && found.taken > 720 && found.asked.count <= 15, "\(found)")
    }

    @Test func theBudgetMayEndIt() {
        var search = SizeSearch(from: 16, upTo: 4096)
        search.found(isTaken: true)
        search.stop()
        #expect(search.next == nil && search.taken == 16 && !search.isLimit)
    }
}

struct ConcurrencyRampTests {
    private func ramp(upTo most: Int = 64, _ perSecond: (Int) -> Double) -> ConcurrencyRamp {
        var ramp = ConcurrencyRamp(upTo: most)
        while let concurrency = ramp.next {
            ramp.measured(perSecond: perSecond(concurrency), asksToWait: false)
        }
        return ramp
    }

    @Test func itEndsWhereMoreCallsBringNoMore() {
        let ramp = ramp { Double(min($0, 4)) * 10 }
        #expect(ramp.steps.map(\.concurrency) == [1, 2, 4, 8])
        #expect(ramp.best == 4)
    }

    @Test func theCeilingIsTriedAndNothingAboveIt() {
        let ramp = ramp(upTo: 6) { Double($0) }
        #expect(ramp.steps.map(\.concurrency) == [1, 2, 4, 6] && ramp.best == 6)
        #expect(self.ramp(upTo: 1) { Double($0) }.steps == [Throughput(concurrency: 1, perSecond: 1)])
    }

    @Test func aModelThatAsksToWaitIsNotAskedMore() {
        var ramp = ConcurrencyRamp(upTo: 64)
        ramp.measured(perSecond: 10, asksToWait: false)
        ramp.measured(perSecond: 30, asksToWait: true)
        #expect(ramp.next == nil && ramp.best == 2)
        var none = ConcurrencyRamp(upTo: 64)
        none.measured(perSecond: 0, asksToWait: true)
        #expect(none.next == nil && none.best == nil && none.steps.isEmpty)
    }
}
