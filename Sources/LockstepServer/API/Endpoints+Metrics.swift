import CoreMetrics
import Hummingbird

extension Endpoints {
    /// `GET /metrics`, in Prometheus's text format 0.0.4.
    @Sendable func prometheusText(_ request: Request, _ context: Context) async -> Response {
        Gauge(label: "lockstep_ready", factory: metrics).record(observer.readiness.isReady ? 1 : 0)
        Gauge(
            label: "lockstep_build_info", dimensions: [("version", options.version)], factory: metrics
        ).record(1)
        for database in databases { await database.watcher.recordGauges() }
        processMetrics.record()
        metrics.keepGauges(ofListeners: Set(databases.flatMap { $0.db.listeners.map(\.id) }))
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: .init(string: metrics.text)))
    }
}
