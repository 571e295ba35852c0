import MongoBSON

/// Checks whether the output of a model can be stored as a vector.
package struct VectorCheck: Sendable {
    /// The model's outputs are to be vectors: so are its arrays of numbers.
    package let arraysAreVectors: Bool

    package init(arraysAreVectors: Bool) {
        self.arraysAreVectors = arraysAreVectors
    }

    /// The vector that the value is; nil when it is none.
    package func vector(_ value: BSONValue) -> StoredVector? {
        StoredVector(value) ?? (arraysAreVectors ? StoredVector(array: value) : nil)
    }

    /// Why the value cannot be stored; nil when it can, or is no vector.
    package func problem(_ value: BSONValue) -> String? {
        guard let vector = vector(value) else { return nil }
        guard vector.count > 0 else { return "the model gave an empty vector" }
        return vector.flaw.map { "the model gave a vector that holds \($0)" }
    }
}

/// Finds the length of the vectors of one listener: the one that most of the first vectors have.
///
/// The lengths of stored vectors count, then those that the model gives, until enough are of one length. So a single
/// odd vector settles nothing, even when it is the first.
package struct VectorLength: Sendable {
    /// What all of them have from here on.
    package private(set) var settled: Int?
    private var votes: [Int: Int] = [:]

    package init() {}

    /// Vectors of one length, more than of any other, that settle it.
    package static let enough = 3

    /// Counts vectors of these lengths.
    ///
    /// - Returns: the length that all should have; nil while no length has more vectors than every other.
    package mutating func expected(after lengths: [Int]) -> Int? {
        if let settled { return settled }
        for length in lengths { votes[length, default: 0] += 1 }
        let leaders = votes.sorted { $0.value > $1.value }
        guard let first = leaders.first, leaders.count == 1 || leaders[1].value < first.value else {
            return nil
        }
        if first.value >= Self.enough {
            settled = first.key
            votes = [:]
        }
        return first.key
    }
}
