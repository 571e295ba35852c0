import Hummingbird

extension Endpoints {
    private static let dashboard = String(decoding: PackageResources.dashboard_html, as: UTF8.self)
    private static let policy = SecurityHeaders.policy(of: dashboard)

    /// `GET /`: the dashboard, one page with everything in it.
    @Sendable func page(_ request: Request, _ context: Context) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
                .contentSecurityPolicy: Self.policy,
            ], body: .init(byteBuffer: .init(string: Self.dashboard)))
    }

    /// `GET /openapi.json`: what there is, in OpenAPI 3.1.
    @Sendable func openAPI(_ request: Request, _ context: Context) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: .init(bytes: PackageResources.openapi_json)))
    }
}
