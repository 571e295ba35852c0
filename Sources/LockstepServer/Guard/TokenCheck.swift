import Hummingbird
import Lockstep
import LockstepAPI

/// Checks the token: for changing routes always, for reading routes beyond loopback.
struct TokenCheck: RouterMiddleware {
    private let digest: [UInt8]?
    private let isNeeded: Bool

    init(_ options: ServerOptions, for access: API.Route.Access) {
        digest = options.token.map { Self.digest(of: $0) }
        isNeeded =
            switch access {
            case .open: false
            case .reading: !options.isLoopback
            case .changing: true
            }
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if isNeeded { try check(request) }
        return try await next(request, context)
    }

    private func check(_ request: Request) throws(APIError) {
        guard let digest else {
            throw APIError(
                status: .forbidden, code: "noToken",
                message: "nothing can be changed here: the server has no token",
                hint: "set `server.token` in lockstep.yaml and start lockstep anew")
        }
        let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            Self.areEqual(Self.digest(of: String(parts[1])), digest)
        else {
            throw APIError(
                status: .unauthorized, code: "unauthorized", message: "the token is missing or wrong",
                hint: "send `Authorization: Bearer <server.token of lockstep.yaml>`",
                headers: [.wwwAuthenticate: "Bearer realm=\"lockstep\""])
        }
    }

    /// Compares all bytes of the digests, so that the time does not depend on the token.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func digest(of text: String) -> [UInt8] {
        var digest = SHA256()
        digest.update(Array(text.utf8))
        return digest.finish()
    }
}
