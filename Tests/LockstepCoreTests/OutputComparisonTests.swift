@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Testing
import TestModels

@Suite struct OutputComparisonTests {
    private static func vector(_ scale: Float, noise: Float, count: Int = 384) -> [Float] {
        (0..<count).map { index in
            let value = Float((index * 7919) % 101) / 50 - 1
            return scale * (value + noise * (index.isMultiple(of: 2) ? 1 : -1))
        }
    }

    static let pairs: [(BSONValue, BSONValue, agrees: Bool, way: OutputComparison.Way)] = [
        ("a", "a", true, .exactly), ("a", "b", false, .exactly), (1, 1, true, .exactly),
        (1, 2, false, .exactly),
        (1_000_000, 1_000_001, false, .exactly), (1, .init(int64: 1), false, .exactly),
        (true, false, false, .exactly),
        (0.5, 0.5004, true, .numbers), (0.5, 0.51, false, .numbers), (1e9, 1.0005e9, true, .numbers),
        (1e9, 1.01e9, false, .numbers), (1e-3, 1.5e-3, false, .numbers), (1e-9, 5e-9, true, .numbers),
        (0.0, .init(-0.0), true, .numbers), (1, 0.9999, true, .numbers), (1.0, "1.0", false, .exactly),
        (.init(Double.nan), 1.0, false, .numbers), (.init(Double.nan), .init(Double.nan), true, .exactly),
        (LaxBSON.decimal("1.0"), LaxBSON.decimal("1.1"), false, .exactly),
        // Noise as of weights of eight bits, and vectors that are not of norm 1.
        (.init(vector: vector(1, noise: 0)), .init(vector: vector(1, noise: 0.01)), true, .vectors),
        (.init(vector: vector(500, noise: 0)), .init(vector: vector(500, noise: 0.01)), true, .vectors),
        (.init(vector: vector(0.001, noise: 0)), .init(vector: vector(0.001, noise: 0.01)), true, .vectors),
        (.init(vector: vector(0.001, noise: 0)), .init(vector: vector(0.001, noise: 0.1)), false, .vectors),
        (.init(vector: vector(1, noise: 0)), .init(vector: vector(-1, noise: 0)), false, .vectors),
        // Of one direction, but not of one length.
        (.init(vector: vector(1, noise: 0)), .init(vector: vector(1.1, noise: 0)), false, .vectors),
        (.init(vector: [0, 0]), .init(vector: [0, 0]), true, .vectors),
        (.init(vector: [0, 0]), .init(vector: [0, 1e-3]), false, .vectors),
        (.init(vector: [1, 2]), .init(vector: [1, 2, 3]), false, .exactly),
        (.init(vector: [1, .nan]), .init(vector: [1, 2]), false, .vectors),
        ([0.5, 100.0], [0.52, 100.0], true, .vectors), ([0.5, 1.0], [0.5, 1], true, .vectors),
        ([1, 2, 300], [1, 2, 301], false, .exactly), ([1, 2], [1, 2], true, .exactly),
        (.init(vector: [1, 2.5]), [1, 2.5], false, .exactly),
        (
            .init(binary: [3, 0, 100, 50, 7], subtype: 9), .init(binary: [3, 0, 99, 51, 7], subtype: 9), true,
            .vectors
        ),
        (.init(binary: [1, 2]), .init(binary: [1, 3]), false, .exactly),
        (["label": "good", "score": 0.98], ["label": "good", "score": 0.9803], true, .numbers),
        (["label": "good", "score": 0.98], ["label": "bad", "score": 0.98], false, .exactly),
        (["label": "good"], ["score": "good"], false, .exactly),
        (["a": 1], ["a": 1, "b": 2], false, .exactly),
        ([["word": "x", "at": [0.5, 2.5]]], [["word": "x", "at": [0.5001, 2.5]]], true, .vectors),
        ([], [], true, .exactly), ([], [1.5], false, .exactly),
    ]

    @Test func outputsAgreeButForTheNoiseOfTheModel() {
        for (one, other, agrees, way) in Self.pairs {
            for comparison in [OutputComparison(one, other), OutputComparison(other, one)] {
                #expect(comparison.agrees == agrees, "\(one) \(other)")
                #expect(comparison.way == way, "\(one) \(other)")
            }
        }
    }

    @Test func aReportSaysWhatWasComparedAndHow() throws {
        var report = RecomputationReport()
        report.count(1, stored: "a", now: "a")
        report.count(2, stored: .init(vector: [1, 0]), now: .init(vector: [1, 0.01]))
        report.count(3, stored: .init(vector: [1, 0]), now: .init(vector: [0, 1]))
        report.count(4, stored: 0.5, now: nil)
        #expect(report.different == [3, 4])
        #expect(
            report.summary.hasPrefix(
                "4 outputs compared with what the model gives now, 2 differ: 2 by the cosine"))
        #expect(
            report.summary.contains("the lowest is 0.99995;")
                || report.summary.contains("the lowest is 0.99995)"))
        let document = report.document
        #expect(document["compared"]?.int == 4 && document["different"]?.int == 2)
        #expect(document["vectors"]?.int == 2 && document["exactly"]?.int == 2)
        #expect(try #require(document["lowestCosine"]?.double) < 1)
    }
}
