import Hummingbird

/// A path that is there, with a method that is not: 405 and what it takes, in place of 404.
struct MethodAnswers: RouterMiddleware {
    private static let allowed: [(path: [Substring], methods: String)] =
        [
            "", "health/live", "health/ready", "metrics", "openapi.json", "v1/status", "v1/history",
            "v1/failures", "v1/failures/reasons", "v1/freshness", "v1/events",
        ].map { ($0.split(separator: "/"), "GET, HEAD") }
        + [
            "v1/failures/retry", "v1/listeners/:id/pause", "v1/listeners/:id/resume",
            "v1/listeners/:id/reconcile",
        ].map { ($0.split(separator: "/"), "POST") }

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
        return allowed.first { known in
            known.path.count == parts.count
                && zip(known.path, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }?.methods
    }
}
