import Hummingbird
import LockstepAPI

extension Endpoints {
    /// `GET /health/live`: the process answers.
    @Sendable func live(_ request: Request, _ context: Context) throws -> Response {
        try .json(API.Liveness(live: true))
    }

    /// `GET /health/ready`: the stream is open, the position moves, the lag is below the limit; else 503 with the reasons.
    @Sendable func ready(_ request: Request, _ context: Context) throws -> Response {
        let readiness = observer.readiness
        return try .json(readiness, status: readiness.isReady ? .ok : .serviceUnavailable)
    }
}
