import MongoBSON

/// Decides whether the output of a model equals the stored one, but for the noise of its arithmetic: the last digits
/// depend on the inputs that are computed together, most with weights of eight bits.
package struct OutputComparison: Sendable, Hashable {
    /// What was compared; a value of several parts counts as its loosest.
    package enum Way: Int, Sendable, Comparable {
        /// Type and bytes.
        case exactly
        /// By their difference, relative to the larger one.
        case numbers
        /// By the angle between them, and by their norms.
        case vectors

        package static func < (left: Way, right: Way) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    package private(set) var way = Way.exactly
    package private(set) var agrees = true
    /// The lowest of the vectors that were compared.
    package private(set) var cosine: Double?

    /// Vectors agree from this cosine on …
    package static let cosine = 0.999
    /// … when their norms differ by no more than this share of the larger one.
    package static let norm = 0.02
    /// The same for two numbers.
    package static let number = 1e-3
    /// Numbers agree at this distance, however small they are.
    package static let nothing = 1e-6

    package init(_ one: BSONValue, _ other: BSONValue) {
        compare(one, other)
    }

    private mutating func compare(_ one: BSONValue, _ other: BSONValue) {
        if let vectors = Self.vectors(one, other) {
            compare(vectors.0, vectors.1)
        } else if one == other {
            return
        } else if let numbers = Self.numbers(one, other) {
            way = max(way, .numbers)
            let difference = abs(numbers.0 - numbers.1)
            let larger = max(abs(numbers.0), abs(numbers.1))
            if !(difference <= max(Self.number * larger, Self.nothing)) { agrees = false }
        } else if one.type == other.type, one.type == .document || one.type == .array {
            let ones = Array(BSONDocument(trusted: one.bytes))
            let others = Array(BSONDocument(trusted: other.bytes))
            let pairs = zip(ones, others)
            guard ones.count == others.count, pairs.allSatisfy({ $0.key == $1.key }) else {
                agrees = false
                return
            }
            for (one, other) in pairs { compare(one.value, other.value) }
        } else {
            agrees = false
        }
    }

    private mutating func compare(_ one: [Double], _ other: [Double]) {
        way = .vectors
        let dot = zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
        let norms = (Self.norm(of: one), Self.norm(of: other))
        let larger = max(norms.0, norms.1)
        // Two vectors of zeros are equal and have no angle.
        guard larger != 0 else { return }
        let angle = norms.0 > 0 && norms.1 > 0 ? dot / (norms.0 * norms.1) : 0
        cosine = min(cosine ?? 1, angle)
        if !(angle >= Self.cosine && abs(norms.0 - norms.1) <= Self.norm * larger) { agrees = false }
    }

    private static func norm(of numbers: [Double]) -> Double {
        numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// Both as vectors of one length; nil when one is none. An array of whole numbers is no vector, but counts.
    private static func vectors(_ one: BSONValue, _ other: BSONValue) -> ([Double], [Double])? {
        guard one.type == other.type else { return nil }
        guard let first = StoredVector(one) ?? StoredVector(array: one),
            let second = StoredVector(other) ?? StoredVector(array: other),
            first.count == second.count, first.count > 1
        else { return nil }
        let (left, right) = (first.numbers, second.numbers)
        if one.type == .array, (left + right).allSatisfy({ $0 == $0.rounded() }) { return nil }
        return (left, right)
    }

    /// Both as numbers, one of which at least has a fraction as its type allows; nil else.
    private static func numbers(_ one: BSONValue, _ other: BSONValue) -> (Double, Double)? {
        guard one.type == .double || other.type == .double else { return nil }
        guard let one = one.double, let other = other.double else { return nil }
        return (one, other)
    }
}
