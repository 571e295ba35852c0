@testable import LockstepCore
import Testing

/// When a memo is asked how large it is, and how much of it goes.
struct MemoBoundTests {
    @Test func itIsAskedAtFirstAndThenOnceItMayBeTooLarge() {
        var bound = MemoBound(limit: 1000)
        let isAskedAtFirst = bound.stored(10)
        let removed = bound.measured(documents: 5, bytes: 500)
        #expect(isAskedAtFirst && removed == 0)
        let asked = (1...10).map { _ in bound.stored(100) }
        #expect(asked == [false, false, false, false, false, true, true, true, true, true])
    }

    @Test func aFifthGoesOnceItIsNearlyFull() {
        for (documents, bytes, removed) in [
            (90, 900, 0), (100, 910, 13), (100, 1000, 20), (1000, 10_000, 920), (1, 5000, 1), (0, 0, 0),
        ] {
            var bound = MemoBound(limit: 1000)
            let count = bound.measured(documents: documents, bytes: bytes)
            #expect(count == removed, "\(bytes)")
            // What was removed makes room: it is not asked again at once.
            let isAsked = bound.stored(100)
            #expect(removed == 0 || !isAsked)
        }
    }
}
