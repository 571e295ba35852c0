import MongoBSON

/// What a model answered to one input, as far as answers are compared.
package enum ProbeAnswer: Sendable, Hashable {
    case vector([Double])
    case other(BSONValue)

    /// A list of more than one number counts as a vector, wherever it is stored.
    package init(_ value: BSONValue) {
        if let vector = StoredVector(value) ?? StoredVector(array: value), vector.count > 1 {
            self = .vector(vector.numbers)
        } else {
            self = .other(value)
        }
    }

    package var vector: [Double]? {
        if case .vector(let numbers) = self { numbers } else { nil }
    }

    package var norm: Double? {
        vector.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    }

    /// The cosine of two vectors; of anything else 1 where both are equal, and 0.
    package func likeness(to other: ProbeAnswer) -> Double {
        guard case .vector(let ones) = self, case .vector(let others) = other else {
            return self == other ? 1 : 0
        }
        guard ones.count == others.count else { return 0 }
        var (dot, first, second) = (0.0, 0.0, 0.0)
        for (one, other) in zip(ones, others) {
            dot += one * other
            first += one * one
            second += other * other
        }
        // Two vectors of zeros are equal and have no angle.
        guard first > 0, second > 0 else { return first == second ? 1 : 0 }
        return min(1, dot / (first * second).squareRoot())
    }
}
