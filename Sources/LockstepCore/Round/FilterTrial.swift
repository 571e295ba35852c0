/// Finds the documents on which a filter cannot be evaluated: one of them fails a query about many.
///
/// The documents of a query that fails are asked about in eighths, down to single ones: few calls when one fails, and
/// hardly more than one call for each when all fail.
package struct FilterTrial {
    private var pending: [Range<Int>]
    /// What each document that fails fails with, by its place.
    package private(set) var failures: [Int: String] = [:]

    private static let parts = 8

    /// - Parameter ranges: the places of the documents that go into one query each.
    package init(_ ranges: [Range<Int>]) {
        pending = ranges.reversed()
    }

    /// The places of the next query; nil when each document is known to pass or to fail.
    package mutating func next() -> Range<Int>? {
        pending.popLast()
    }

    /// The query about these failed.
    package mutating func failed(_ range: Range<Int>, _ reason: String) {
        guard range.count > 1 else {
            failures[range.lowerBound] = reason
            return
        }
        let size = range.count <= 2 * Self.parts ? 1 : (range.count + Self.parts - 1) / Self.parts
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size).reversed() {
            pending.append(start..<min(start + size, range.upperBound))
        }
    }

    /// Asks about these once more, as they are.
    package mutating func again(_ range: Range<Int>) {
        pending.append(range)
    }
}
