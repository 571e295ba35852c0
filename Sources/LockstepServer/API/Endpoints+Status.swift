import Hummingbird
import LockstepAPI

extension Endpoints {
    /// `GET /v1/status`
    @Sendable func status(_ request: Request, _ context: Context) async throws -> Response {
        try .json(await observer.countedStatus)
    }

    /// `GET /v1/history`: the last quarter of an hour.
    @Sendable func history(_ request: Request, _ context: Context) throws -> Response {
        try .json(
            API.History(
                intervalSeconds: History.interval, points: database(running: nil).history))
    }
}
