/// Finds the largest request that is taken: doubles until one is refused, then narrows.
package struct SizeSearch: Sendable {
    private let most: Int
    /// The share of what is taken that the answer may be off by.
    private let grain: Double
    private var size: Int
    /// The largest that was taken; 0 when none was.
    package private(set) var taken = 0
    private var refused: Int?
    private var isStopped = false
    private var triesNext = true

    package init(from first: Int, upTo most: Int, grain: Double = 0) {
        size = min(first, most)
        self.most = most
        self.grain = grain
    }

    /// Nil at the end.
    package var next: Int? {
        isStopped ? nil : size
    }

    /// Something larger than ``taken`` is refused.
    package var isLimit: Bool { refused != nil }

    package mutating func found(isTaken: Bool) {
        guard !isStopped else { return }
        if isTaken { taken = size } else { refused = size }
        guard let refused else {
            if size >= most { stop() } else { size = min(size * 2, most) }
            return
        }
        guard refused - taken > max(1, Int(grain * Double(taken))) else { return stop() }
        // Limits are round numbers, as the ones tried so far.
        if grain == 0, triesNext, taken > 0 {
            triesNext = false
            size = taken + 1
        } else {
            size = taken + (refused - taken) / 2
        }
        if size == 0 { stop() }
    }

    /// No more is asked.
    package mutating func stop() {
        isStopped = true
    }
}
