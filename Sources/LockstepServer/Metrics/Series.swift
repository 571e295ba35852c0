import CoreMetrics
import Synchronization

/// The labels of one series.
struct Labels: Hashable, Comparable {
    private let pairs: [Pair]

    private struct Pair: Hashable {
        let name: String
        let value: String
    }

    init(_ pairs: [(String, String)]) {
        self.pairs = pairs.map { Pair(name: $0.0, value: $0.1) }
    }

    subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// As `{model="words"}`, with one more label if there is one.
    func text(adding more: (name: String, value: String)? = nil) -> String {
        var parts = pairs.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        if let more { parts.append("\(more.name)=\"\(more.value)\"") }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func < (left: Labels, right: Labels) -> Bool {
        left.text() < right.text()
    }
}

/// The values of one set of labels under a name.
protocol Series: AnyObject, Sendable {
    func write(_ name: String, _ labels: Labels, to text: inout String)
}

final class CounterSeries: CounterHandler, Series {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func write(_ name: String, _ labels: Labels, to text: inout String) {
        text += "\(name)\(labels.text()) \(value.load(ordering: .relaxed))\n"
    }
}

final class FloatingPointCounterSeries: FloatingPointCounterHandler, Series {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        value.withLock { $0 += amount }
    }

    func reset() {
        set(0)
    }

    /// Sets a count that is kept elsewhere.
    func set(_ new: Double) {
        value.withLock { $0 = new }
    }

    func write(_ name: String, _ labels: Labels, to text: inout String) {
        text += "\(name)\(labels.text()) \(value.withLock { $0 }.prometheus)\n"
    }
}

final class GaugeSeries: RecorderHandler, MeterHandler, Series {
    private let value = Mutex(0.0)

    func set(_ new: Int64) { value.withLock { $0 = Double(new) } }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func record(_ new: Int64) { set(new) }
    func record(_ new: Double) { set(new) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func write(_ name: String, _ labels: Labels, to text: inout String) {
        text += "\(name)\(labels.text()) \(value.withLock { $0 }.prometheus)\n"
    }
}

/// A histogram with cumulative buckets.
final class HistogramSeries: RecorderHandler, TimerHandler, Series {
    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// From half a millisecond to a minute.
    static let seconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    static let counts: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1e9)
    }

    func write(_ name: String, _ labels: Labels, to text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var below = 0
        for (bound, count) in zip(bounds.map(\.prometheus) + ["+Inf"], counts) {
            below += count
            text += "\(name)_bucket\(labels.text(adding: ("le", bound))) \(below)\n"
        }
        text += "\(name)_sum\(labels.text()) \(sum.prometheus)\n\(name)_count\(labels.text()) \(below)\n"
    }
}

extension Double {
    /// Whole numbers without a point.
    fileprivate var prometheus: String {
        guard isFinite else { return isNaN ? "NaN" : self > 0 ? "+Inf" : "-Inf" }
        return self == rounded() && magnitude < 1e15 ? String(Int64(self)) : String(self)
    }
}
