import Foundation
import HTTPTypes
import Hummingbird
import Lockstep

/// Sets the headers that forbid foreign resources, frames and guessed content types.
struct SecurityHeaders: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[HTTPField.Name("X-Frame-Options")!] = "DENY"
        response.headers[HTTPField.Name("Referrer-Policy")!] = "no-referrer"
        response.headers[HTTPField.Name("Cross-Origin-Resource-Policy")!] = "same-origin"
        response.headers[HTTPField.Name("Cross-Origin-Opener-Policy")!] = "same-origin"
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        return response
    }

    /// The Content-Security-Policy of a page with one script and one style inside it: it allows these two by their hashes.
    static func policy(of page: String) -> String {
        let script = hash(of: page, "script")
        let style = hash(of: page, "style")
        return
            "default-src 'none'; script-src \(script); style-src \(style); img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    private static func hash(of page: String, _ tag: String) -> String {
        guard let open = page.range(of: "<\(tag)>"), let close = page.range(of: "</\(tag)>") else {
            return "'none'"
        }
        var digest = SHA256()
        digest.update(Array(page[open.upperBound..<close.lowerBound].utf8))
        return "'sha256-\(Data(digest.finish()).base64EncodedString())'"
    }
}
