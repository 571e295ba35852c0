import Foundation
import HTTPTypes
import Hummingbird

/// Refuses requests whose `Host` is not a name of this server. A foreign page whose name resolves to this machine (DNS
/// rebinding) sends its own name.
struct HostCheck: RouterMiddleware {
    private let names: Set<String>

    init(_ options: ServerOptions) {
        let own = ["localhost", options.host, ProcessInfo.processInfo.hostName]
        names = Set((own + options.hosts).map { $0.lowercased() })
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let host = request.head.authority ?? ""
        // Hummingbird takes the first as the authority and keeps a second among the fields.
        guard isKnown(host), request.headers[HTTPField.Name("Host")!] == nil else {
            throw APIError(
                status: .misdirectedRequest, code: "wrongHost",
                message: "this server is not known as `\(host.prefix(100))`",
                hint: "add the name to `server.hosts`")
        }
        return try await next(request, context)
    }

    /// Known names, and addresses: DNS rebinding needs a name.
    func isKnown(_ authority: String) -> Bool {
        let host = Self.host(of: authority.lowercased())
        return names.contains(host) || Self.isAddress(host)
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        return String(authority.prefix { $0 != ":" })
    }

    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") { return host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
