import Hummingbird
import Lockstep

/// Answers every error as JSON, without internal details.
struct ErrorAnswers: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try answer(to: error).response(from: request, context: context)
        }
    }

    private func answer(to error: any Error) -> APIError {
        switch error {
        case let error as APIError: error
        case let error as HTTPError where error.status == .notFound:
            .notFound("there is nothing here", hint: "`/openapi.json` describes what there is")
        case let error as HTTPError:
            APIError(
                status: error.status, code: error.status == .contentTooLarge ? "tooLarge" : "badRequest",
                message: error.body ?? error.status.reasonPhrase)
        case LockstepError.noListener(let id):
            .notFound("there is no listener `\(id)`", hint: "`/v1/status` names those that are")
        case LockstepError.notWatching:
            APIError(
                status: .serviceUnavailable, code: "notWatching",
                message: "the daemon has not begun, or has ended", hint: "`/health/ready` says more")
        case let error as MongoError:
            APIError(
                status: .serviceUnavailable, code: "mongodb", message: error.description, hint: error.hint)
        default:
            APIError(
                status: .internalServerError, code: "internal", message: "internal error",
                hint: "the log of the daemon may say more")
        }
    }
}
