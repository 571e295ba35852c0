import LockstepCore
import MongoBSON

/// A listener's stored outputs, compared with what its model gives now.
package struct RecomputationReport: Sendable {
    /// The documents whose outputs are not what the model gives.
    package private(set) var different: [BSONValue] = []
    package private(set) var counts: [OutputComparison.Way: Int] = [:]
    /// The lowest of the vectors that agree.
    package private(set) var cosine: Double?

    package var compared: Int {
        counts.values.reduce(0, +)
    }

    /// - Parameter now: nil when the model refuses the input.
    package mutating func count(_ document: BSONValue, stored: BSONValue, now: BSONValue?) {
        guard let now else {
            counts[.exactly, default: 0] += 1
            return different.append(document)
        }
        let comparison = OutputComparison(now, stored)
        counts[comparison.way, default: 0] += 1
        guard comparison.agrees else { return different.append(document) }
        if let angle = comparison.cosine { cosine = min(cosine ?? 1, angle) }
    }
}

extension RecomputationReport {
    /// The comparison in words.
    package var summary: String {
        var parts: [String] = []
        if let vectors = counts[.vectors] {
            let lowest = cosine.map { "; the lowest is \(Self.rounded($0))" } ?? ""
            parts.append(
                "\(vectors) by the cosine of their vectors (at least \(OutputComparison.cosine), norms within \(Int(OutputComparison.norm * 100)) %\(lowest))"
            )
        }
        if let numbers = counts[.numbers] {
            parts.append("\(numbers) by their numbers (within \(OutputComparison.number * 100) %)")
        }
        if let exact = counts[.exactly] { parts.append("\(exact) exactly") }
        let how = parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))"
        return "\(compared) outputs compared with what the model gives now, \(different.count) differ\(how)"
    }

    /// The same for programs.
    package var document: BSONDocument {
        var fields: [(String, BSONValue)] = [
            ("compared", BSONValue(compared)), ("different", BSONValue(different.count)),
            ("vectors", BSONValue(counts[.vectors] ?? 0)), ("numbers", BSONValue(counts[.numbers] ?? 0)),
            ("exactly", BSONValue(counts[.exactly] ?? 0)),
        ]
        if let cosine { fields.append(("lowestCosine", BSONValue(Self.rounded(cosine)))) }
        return BSONDocument(
            fields + [
                ("leastCosine", BSONValue(OutputComparison.cosine)),
                ("normTolerance", BSONValue(OutputComparison.norm)),
                ("numberTolerance", BSONValue(OutputComparison.number)),
            ])
    }

    // Down, so that a vector that is not the same is not shown as if it were.
    private static func rounded(_ cosine: Double) -> Double {
        (cosine * 1e6).rounded(.down) / 1e6
    }
}
