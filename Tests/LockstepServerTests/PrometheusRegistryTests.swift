import CoreMetrics
import Lockstep
import Testing

@testable import LockstepServer

@Suite struct PrometheusRegistryTests {
    @Test func countersGaugesAndHistogramsAreWrittenAsPrometheusReadsThem() {
        let registry = PrometheusRegistry()
        Counter(label: "requests_total", dimensions: [("model", "a\"b\\c\nd")], factory: registry).increment(
            by: 3)
        Gauge(label: "depth", factory: registry).record(1.5)
        let timer = Timer(label: "call_seconds", factory: registry)
        timer.recordNanoseconds(3_000_000)
        timer.recordNanoseconds(90_000_000_000)
        let lines = registry.text.split(separator: "\n").map(String.init)
        #expect(lines.contains(#"requests_total{model="a\"b\\c\nd"} 3"#))
        #expect(lines.contains("depth 1.5") && lines.contains("# TYPE depth gauge"))
        #expect(lines.contains(#"call_seconds_bucket{le="0.0025"} 0"#))
        #expect(lines.contains(#"call_seconds_bucket{le="0.005"} 1"#))
        #expect(lines.contains(#"call_seconds_bucket{le="60"} 1"#))
        #expect(lines.contains(#"call_seconds_bucket{le="+Inf"} 2"#))
        #expect(lines.contains("call_seconds_sum 90.003") && lines.contains("call_seconds_count 2"))
    }

    @Test func theSameNameAndLabelsAreTheSameSeries() {
        let registry = PrometheusRegistry()
        for _ in 0..<3 {
            Counter(label: "a_total", dimensions: [("x", "1")], factory: registry).increment()
        }
        #expect(registry.text.contains("a_total{x=\"1\"} 3"))
    }

    @Test func gaugesOfListenersThatAreGoneGo() {
        let registry = PrometheusRegistry()
        for listener in ["here", "gone"] {
            Gauge(label: "up", dimensions: [("listener", listener)], factory: registry).record(1)
        }
        Gauge(label: "lag", factory: registry).record(1)
        registry.keepGauges(ofListeners: ["here"])
        #expect(registry.text.contains("here") && !registry.text.contains("gone"))
        #expect(registry.text.contains("lag 1"))
    }

    @Test func everyMetricHasANameByTheConventionsAndASentence() {
        for metric in Metric.all {
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect(metric.help.hasSuffix(".") && metric.help.count > 10)
        }
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
    }
}
