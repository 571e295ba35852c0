import Hummingbird

/// A path that is there, with a method that is not: 405 and what it takes, in place of 404.
enum MethodAnswers {
    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace,
    ]

    private static let allowed: [(path: RouterPath, methods: [HTTPRequest.Method])] =
        [
            "/", "/health/live", "/health/ready", "/metrics", "/openapi.json", "/v1/status", "/v1/history",
            "/v1/failures", "/v1/freshness", "/v1/events",
        ].map { ($0, [.get, .head]) }
        + [
            "/v1/failures/retry", "/v1/listeners/:id/pause", "/v1/listeners/:id/resume",
            "/v1/listeners/:id/reconcile",
        ].map { ($0, [.post]) }

    static func add(to router: Router<Context>) {
        for (path, allowed) in allowed {
            let names = allowed.map(\.rawValue).joined(separator: ", ")
            for method in methods where !allowed.contains(method) {
                router.on(path, method: method) { _, _ -> Response in
                    throw APIError(
                        status: .methodNotAllowed, code: "methodNotAllowed",
                        message: "this takes \(names), not \(method.rawValue)", headers: [.allow: names])
                }
            }
        }
    }
}
