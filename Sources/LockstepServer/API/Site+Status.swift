import Hummingbird

extension Site {
    /// `GET /v1/status`
    @Sendable func status(_ request: Request, _ context: Context) async -> Response {
        .json(await observer.countedReport)
    }

    /// `GET /v1/history`: the last quarter of an hour.
    @Sendable func history(_ request: Request, _ context: Context) -> Response {
        .json(HistoryReport(intervalSeconds: History.interval, points: observer.history))
    }

    private struct HistoryReport: Encodable {
        let intervalSeconds: Int
        let points: [History.Point]
    }
}
