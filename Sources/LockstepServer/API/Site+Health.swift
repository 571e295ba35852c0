import Hummingbird

extension Site {
    /// `GET /health/live`: the process answers.
    @Sendable func live(_ request: Request, _ context: Context) -> Response {
        .json(["live": true])
    }

    /// `GET /health/ready`: the stream is open, the position moves, the lag is below the limit; else 503 with the reasons.
    @Sendable func ready(_ request: Request, _ context: Context) -> Response {
        let readiness = observer.readiness
        return .json(readiness, status: readiness.isReady ? .ok : .serviceUnavailable)
    }
}
