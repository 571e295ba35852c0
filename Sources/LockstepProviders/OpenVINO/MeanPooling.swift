/// One vector a text: the mean of its tokens' vectors, of norm 1, as sentence-transformers pools
/// (https://arxiv.org/abs/1908.10084).
///
/// - Parameters:
///   - tokens: `[batch, length, size]`, row by row.
///   - mask: `[batch, length]`, false for padding.
/// - Returns: `[batch][size]`; zeros for a text without a token.
func meanPooled(_ tokens: UnsafeBufferPointer<Float>, mask: [Bool], length: Int, size: Int) -> [[Float]] {
    stride(from: 0, to: mask.count, by: max(1, length)).map { first in
        var sum = [Float](repeating: 0, count: size)
        for position in first..<first + length where mask[position] {
            let start = position * size
            for index in 0..<size { sum[index] += tokens[start + index] }
        }
        // The mean has the direction of the sum, and the norm takes the rest.
        let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? sum.map { $0 / norm } : sum
    }
}
