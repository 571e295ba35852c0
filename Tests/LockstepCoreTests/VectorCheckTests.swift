@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels

@Suite struct VectorCheckTests {
    static let values: [(value: BSONValue, length: Int?, ofArrays: Int?, problem: String?)] = [
        (.init(vector: [1, 2, 3]), 3, 3, nil), (.init(vector: [-0.0]), 1, 1, nil),
        (.init(vector: []), 0, 0, "empty"), (.init(vector: [1, .nan]), 2, 2, "NaN"),
        (.init(vector: [.infinity, 1]), 2, 2, "infinity"), (.init(vector: [-.infinity]), 1, 1, "infinity"),
        (.init(vector: [.infinity, .nan]), 2, 2, "NaN"),
        (.init(vector: [.greatestFiniteMagnitude]), 1, 1, nil),
        (.init(vector: [Float(1e39)]), 1, 1, "infinity"),
        // Of eight bits, and of single bits of which the last three do not count.
        (.init(binary: [3, 0, 1, 255], subtype: 9), 2, 2, nil),
        (.init(binary: [3, 0], subtype: 9), 0, 0, "empty"),
        (.init(binary: [0x10, 3, 0xFF], subtype: 9), 5, 5, nil), (.init(binary: [1, 2, 3]), nil, nil, nil),
        (.init(binary: [0x27, 0, 1], subtype: 9), nil, nil, nil),
        ([1, 2.5, LaxBSON.decimal("1")], nil, 3, nil), ([], nil, 0, "empty"),
        ([.init(Double.nan)], nil, 1, "NaN"),
        ([1e39], nil, 1, nil), ([.init(Double.infinity)], nil, 1, "infinity"), ([1, "a"], nil, nil, nil),
        ([[1, 2]], nil, nil, nil), ("text", nil, nil, nil), (7, nil, nil, nil),
        (.init(Double.nan), nil, nil, nil),
    ]

    @Test func aVectorThatCannotBeOneIsTold() {
        for (value, length, ofArrays, problem) in Self.values {
            let (plain, arrays) = (VectorCheck(arraysAreVectors: false), VectorCheck(arraysAreVectors: true))
            #expect(plain.vector(value)?.count == length, "\(value)")
            #expect(arrays.vector(value)?.count == ofArrays, "\(value)")
            #expect(
                plain.problem(value)?.contains(problem ?? "-")
                    == (length == nil || problem == nil ? nil : true))
            #expect(
                arrays.problem(value)?.contains(problem ?? "-") == (problem == nil ? nil : true), "\(value)")
        }
    }

    @Test func theElementsOfEveryKindAreRead() {
        #expect(StoredVector(.init(vector: [1.5, -2]))?.numbers == [1.5, -2])
        #expect(StoredVector(.init(binary: [3, 0, 1, 255], subtype: 9))?.numbers == [1, -1])
        #expect(StoredVector(.init(binary: [0x10, 5, 0xA0], subtype: 9))?.numbers == [1, -1, 1])
        #expect(StoredVector(array: [1, 2.5])?.numbers == [1, 2.5])
    }

    /// Batches of lengths as they come, and what all should have after each.
    static let lengths: [(batches: [[Int]], expected: [Int?])] = [
        ([[4], [4], [4], [3]], [4, 4, 4, 4]),
        // The odd one comes first: it is no measure for the others.
        ([[3], [4], [4], [4], [3]], [3, nil, 4, 4, 4]),
        ([[3, 4, 4, 4, 4]], [4]), ([[3, 4], [4]], [nil, 4]),
        // Once it is settled many others change nothing.
        ([[4, 4, 4], Array(repeating: 5, count: 100)], [4, 4]),
        ([[4, 4], Array(repeating: 5, count: 100)], [4, 5]), ([[]], [nil]),
    ]

    @Test func theLengthIsThatOfTheMost() {
        for (batches, expected) in Self.lengths {
            var length = VectorLength()
            #expect(batches.map { length.expected(after: $0) } == expected, "\(batches)")
        }
    }
}
