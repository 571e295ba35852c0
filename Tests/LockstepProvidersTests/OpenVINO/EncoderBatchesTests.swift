import Testing

@testable import LockstepProviders

@Suite struct EncoderBatchesTests {
    @Test func everyTextIsInOneBatch() {
        let counts = (0..<500).map { ($0 * 7919) % 300 }
        let batches = EncoderBatches.cut(tokens: counts)
        #expect(batches.joined().sorted() == Array(counts.indices))
        // The longest text of a batch pads the others.
        let tokens = batches.map { $0.count * ($0.map { max(1, counts[$0]) }.max() ?? 0) }
        #expect(tokens.allSatisfy { (1...EncoderBatches.limit).contains($0) })
    }

    @Test func textsOfOneLengthFillTheBatchesInTheirOrder() {
        let batches = EncoderBatches.cut(tokens: [Int](repeating: 22, count: 10), limit: 110)
        #expect(batches == [[5, 6, 7, 8, 9], [0, 1, 2, 3, 4]])
    }

    @Test func aTextBeyondTheLimitGoesAlone() {
        #expect(EncoderBatches.cut(tokens: [227, 227], limit: 100) == [[1], [0]])
    }

    @Test func aLongTextDoesNotPadShortOnes() {
        let batches = EncoderBatches.cut(tokens: [7, 252, 8, 7])
        #expect(batches == [[1], [0, 3, 2]])
    }

    @Test func aLittlePaddingIsCheaperThanABatchMore() {
        #expect(EncoderBatches.cut(tokens: [7, 9]).count == 1)
    }

    @Test func nothingMakesNoBatch() {
        #expect(EncoderBatches.cut(tokens: []).isEmpty)
    }
}
