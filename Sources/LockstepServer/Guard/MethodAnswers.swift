import Hummingbird
import LockstepAPI

/// Answers 405 with the methods of a path, in place of 404, when only the method is wrong.
struct MethodAnswers: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            guard let methods = Self.methods(of: request.uri.path) else { throw error }
            throw APIError(
                status: .methodNotAllowed, code: "methodNotAllowed",
                message: "this takes \(methods), not \(request.method.rawValue.prefix(40))",
                headers: [.allow: methods])
        }
    }

    /// What a path takes; nil for one that is not there.
    static func methods(of path: String) -> String? {
        let parts = path.split(separator: "/")
        let route = API.Route.allCases.first { route in
            let known = route.path.split(separator: "/")
            return known.count == parts.count
                && zip(known, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return switch route?.method {
        case .get: "GET, HEAD"
        case .post: "POST"
        case nil: nil
        }
    }
}
