import CoreMetrics
import Foundation

/// The process metrics of Prometheus's client libraries, under their standard names.
struct ProcessMetrics: Sendable {
    static let help = [
        ("process_resident_memory_bytes", "Resident memory."),
        ("process_cpu_seconds_total", "User and system time."),
        ("process_start_time_seconds", "When it started, since 1970."),
        ("process_open_fds", "Open file descriptors."),
    ]

    private let memory: Gauge
    private let cpu: FloatingPointCounterSeries?
    private let files: Gauge
    private let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

    init(_ registry: PrometheusRegistry) {
        memory = Gauge(label: "process_resident_memory_bytes", factory: registry)
        files = Gauge(label: "process_open_fds", factory: registry)
        cpu =
            registry.makeFloatingPointCounter(label: "process_cpu_seconds_total", dimensions: [])
            as? FloatingPointCounterSeries
        Gauge(label: "process_start_time_seconds", factory: registry).record(
            (Date().timeIntervalSince1970 * 100).rounded() / 100)
    }

    func record() {
        memory.record(ProcessMemory.residentBytes)
        if let seconds = cpuSeconds { cpu?.set(seconds) }
        files.record((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
    }

    private var cpuSeconds: Double? {
        // The name of the program comes second, in brackets, and may hold spaces.
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            return nil
        }
        return (user + system) / ticks
    }
}

/// The metrics of the server itself.
enum ServerMetrics {
    static let help = [
        ("lockstep_ready", "1 when /health/ready answers 200."),
        ("lockstep_build_info", "1, with the version as a label."),
    ]
}
