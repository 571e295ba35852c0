/// Calls a second with so many of them in flight.
package struct Throughput: Sendable, Hashable {
    package let concurrency: Int
    package let perSecond: Double

    package init(concurrency: Int, perSecond: Double) {
        self.concurrency = concurrency
        self.perSecond = perSecond
    }
}

/// Doubles the calls in flight until that brings no more.
package struct ConcurrencyRamp: Sendable {
    private let most: Int
    package private(set) var steps: [Throughput] = []
    private var isStopped = false

    package init(upTo most: Int) {
        self.most = max(1, most)
    }

    /// So many calls more are worth it.
    private static let gain = 1.1
    /// As good as the best, with less.
    private static let nearBest = 0.95

    /// Nil at the end.
    package var next: Int? {
        guard !isStopped else { return nil }
        guard let last = steps.last else { return 1 }
        return last.concurrency < most ? min(last.concurrency * 2, most) : nil
    }

    /// - Parameter asksToWait: the model wants no more than that.
    package mutating func measured(perSecond: Double, asksToWait: Bool) {
        guard let concurrency = next else { return }
        let before = steps.map(\.perSecond).max() ?? 0
        if perSecond > 0 { steps.append(Throughput(concurrency: concurrency, perSecond: perSecond)) }
        if asksToWait || perSecond < before * Self.gain { isStopped = true }
    }

    package mutating func stop() {
        isStopped = true
    }

    /// The fewest calls at once that bring nearly the most; nil when nothing was measured.
    package var best: Int? {
        let most = steps.map(\.perSecond).max() ?? 0
        return steps.first { $0.perSecond >= most * Self.nearBest }?.concurrency
    }
}
