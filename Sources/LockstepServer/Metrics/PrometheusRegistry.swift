public import CoreMetrics
import Lockstep
import Synchronization

/// Collects the metrics of swift-metrics and writes them in the Prometheus text format 0.0.4.
///
/// Timers and recorders that aggregate are histograms, timers in seconds.
public final class PrometheusRegistry: MetricsFactory {
    private struct State {
        var families: [String: Family] = [:]
    }

    private struct Family {
        let kind: String
        var series: [Labels: any Series] = [:]
    }

    private let state = Mutex(State())
    private let help: [String: String]

    public init() {
        help = Dictionary(
            uniqueKeysWithValues: Metric.all.map { ($0.name, $0.help) } + ProcessMetrics.help
                + ServerMetrics.help)
    }

    /// All series, ordered by name.
    public var text: String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(help[name] ?? "From \(name).")\n# TYPE \(name) \(family.kind)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name, labels, to: &text)
            }
        }
        return text
    }

    /// Removes the gauges of listeners that are gone: their last values would stay for ever.
    func keepGauges(ofListeners listeners: Set<String>) {
        state.withLock { state in
            for (name, family) in state.families where family.kind == "gauge" {
                state.families[name]?.series = family.series.filter { labels, _ in
                    labels["listener"].map(listeners.contains) ?? true
                }
            }
        }
    }

    private func series<S: Series>(
        _ name: String, _ dimensions: [(String, String)], _ kind: String, _ make: () -> S
    ) -> S {
        let (name, labels) = (Self.legal(name), Labels(dimensions))
        return state.withLock { state in
            if let known = state.families[name]?.series[labels] as? S { return known }
            let new = make()
            state.families[name, default: Family(kind: kind)].series[labels] = new
            return new
        }
    }

    /// With `_` for each character that a Prometheus name may not have.
    private static func legal(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == ":" ? $0 : "_" })
    }
}

// MARK: MetricsFactory

extension PrometheusRegistry: PulledMetrics {}

extension PrometheusRegistry {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, "counter") { CounterSeries() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, "counter") { FloatingPointCounterSeries() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, "gauge") { GaugeSeries() }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, "gauge") { GaugeSeries() } }
        return series(label, dimensions, "histogram") { HistogramSeries(bounds: HistogramSeries.counts) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, "histogram") { HistogramSeries(bounds: HistogramSeries.seconds) }
    }

    // They stay until the process ends: a counter that is removed and made again would restart at 0.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}
