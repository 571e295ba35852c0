import Hummingbird

extension Endpoints {
    private static let policy = SecurityHeaders.policy(of: DashboardPage.html)

    /// `GET /`: the dashboard, one page with everything in it.
    @Sendable func page(_ request: Request, _ context: Context) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
                .contentSecurityPolicy: Self.policy,
            ], body: .init(byteBuffer: .init(string: DashboardPage.html)))
    }

    /// `GET /openapi.json`: the description of the API in OpenAPI 3.1.
    @Sendable func openAPI(_ request: Request, _ context: Context) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: .init(bytes: PackageResources.openapi_json)))
    }
}
