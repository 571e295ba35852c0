/// Counts different inputs and sums up their tokens: exactly up to a bound, beyond it by a sample.
///
/// The sample holds the inputs whose fingerprint begins with so many zero bits; one more whenever it grows past the
/// bound (Wegman's adaptive sampling). Off by 0.4 % with the default bound, two times out of three.
package struct DistinctInputs: Sendable {
    /// The first bytes of a fingerprint, which is a hash.
    private struct Mark: Hashable {
        let high: UInt64
        let low: UInt64

        init(_ fingerprint: Fingerprint) {
            high = Self.number(fingerprint.bytes.prefix(8))
            low = Self.number(fingerprint.bytes.dropFirst(8).prefix(8))
        }

        private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
            bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }

        var fingerprint: Fingerprint {
            Fingerprint(
                bytes: [high, low].flatMap { number in
                    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
                })
        }
    }

    private let bound: Int
    private var zeros = 0
    private var tokensOf: [Mark: Int32] = [:]

    /// - Parameter bound: inputs that are held. Default 65,536, which take 4 MB.
    package init(bound: Int = 1 << 16) {
        self.bound = max(1, bound)
    }

    package mutating func add(_ fingerprint: Fingerprint, tokens: Int) {
        let mark = Mark(fingerprint)
        guard mark.high.leadingZeroBitCount >= zeros else { return }
        tokensOf[mark] = Int32(clamping: tokens)
        while tokensOf.count > bound, zeros < 64 {
            zeros += 1
            tokensOf = tokensOf.filter { $0.key.high.leadingZeroBitCount >= zeros }
        }
    }

    package var isEstimate: Bool { zeros > 0 }

    private var scale: Double { Double(sign: .plus, exponent: zeros, significand: 1) }

    package var count: Int { Int(Double(tokensOf.count) * scale) }

    /// Of all different inputs.
    package var tokens: Int { Int(tokensOf.values.reduce(0.0) { $0 + Double($1) } * scale) }

    /// Some of the inputs, or all.
    package func sample(_ most: Int) -> [Fingerprint] {
        tokensOf.keys.prefix(most).map(\.fingerprint)
    }
}
