/// What a piece of work costs by its size: seconds = fixed + each · n, fitted to what was measured, the newest most.
///
/// Least squares with exponentially falling weights. Neither part is ever negative.
package struct CostFit {
    private var weight = 0.0
    private var sumX = 0.0
    private var sumY = 0.0
    private var sumXX = 0.0
    private var sumXY = 0.0
    /// The largest size that was measured, a little less with each that was smaller.
    package private(set) var reach = 0.0

    /// How much an older measurement counts beside the next newer one.
    private static let memory = 0.95
    /// Sizes that differ less, as the square of their variation, tell nothing about what one more costs.
    private static let leastVariation = 0.02

    package mutating func measured(_ size: Int, seconds: Double) {
        guard size > 0, seconds.isFinite, seconds >= 0 else { return }
        let (x, m) = (Double(size), Self.memory)
        weight = weight * m + 1
        sumX = sumX * m + x
        sumY = sumY * m + seconds
        sumXX = sumXX * m + x * x
        sumXY = sumXY * m + x * seconds
        reach = max(x, reach * 0.98)
    }

    /// Nil while nothing is known.
    package var mean: (size: Double, seconds: Double)? {
        weight > 0 ? (sumX / weight, max(1e-7, sumY / weight)) : nil
    }

    /// Nil while too little is known to tell the two parts.
    package var cost: (fixed: Double, each: Double)? {
        guard let mean else { return nil }
        let variance = sumXX / weight - mean.size * mean.size
        guard variance >= Self.leastVariation * mean.size * mean.size else { return nil }
        let each = (sumXY / weight - mean.size * mean.seconds) / variance
        let fixed = mean.seconds - each * mean.size
        if each <= 0 { return (mean.seconds, 0) }
        if fixed <= 0 { return (0, max(0, sumXY / sumXX)) }
        return (fixed, each)
    }
}
