import Foundation
import Testing

@testable import LockstepProviders

@Suite struct PoolingTests {
    private func pooled(_ mode: Pooling, _ tokens: [Float], count: Int, size: Int) -> [Float] {
        var vector: [Float] = []
        tokens.withUnsafeBufferPointer {
            mode.append($0.baseAddress!, count: count, size: size, to: &vector)
        }
        return vector
    }

    @Test(arguments: [
        (Pooling.mean, [2, 4] as [Float]), (.cls, [3, 0]), (.last, [1, 8]), (.max, [3, 8]),
        (.weightedMean, [Float(5) / 3, Float(16) / 3]),
        (.meanOfRoot, [4 / Float(2).squareRoot(), 8 / Float(2).squareRoot()]),
    ])
    func eachWayMakesOneVectorOfTheTokens(mode: Pooling, expected: [Float]) {
        // The third token is padding.
        let vector = pooled(mode, [3, 0, 1, 8, 100, 100], count: 2, size: 2)
        #expect(zip(vector, expected).allSatisfy { abs($0 - $1) < 1e-5 } && vector.count == 2)
    }

    @Test(arguments: [Pooling.mean, .cls, .last, .max]) func aTextWithoutATokenIsZeros(mode: Pooling) {
        #expect(pooled(mode, [1, 1], count: 0, size: 2) == [0, 0])
    }

    @Test func aVectorOfZerosStays() {
        var vector: [Float] = [0, 0]
        normalize(&vector)
        #expect(vector == [0, 0])
        vector = [3, 4]
        normalize(&vector)
        #expect(vector == [0.6, 0.8])
    }

    @Test func aDenseLayerMultipliesAddsAndBends() {
        let layer = DenseLayer(weights: [1, 2, 3, 4], inputs: 2, bias: [0.5, -20], activation: .relu)
        #expect(layer.apply([1, 2]) == [5.5, 0])
        let plain = DenseLayer(weights: [1, 2], inputs: 2, bias: [], activation: .none)
        #expect(plain.apply([1, 2]) == [5])
        let bent = DenseLayer(weights: [1, 0], inputs: 2, bias: [], activation: .tanh)
        #expect(abs(bent.apply([1, 2])[0] - 0.7615942) < 1e-6)
    }
}
