import Foundation

/// The proxies that the environment names: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, also in lower case.
struct ProxySettings: Sendable {
    /// A proxy server. Its password is a secret.
    struct Proxy: Hashable, Sendable {
        let host: String
        let port: Int
        let isSOCKS: Bool
        /// `user:password`.
        let credentials: String?
    }

    private let http: Proxy?
    private let https: Proxy?
    private let exceptions: [Substring]

    static let current = ProxySettings(ProcessInfo.processInfo.environment)

    init(_ environment: [String: String]) {
        func value(_ name: String) -> String? {
            // As curl does: what is written small goes before.
            [name.lowercased(), name].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let all = value("ALL_PROXY")
        http = (value("HTTP_PROXY") ?? all).flatMap(Proxy.init)
        https = (value("HTTPS_PROXY") ?? all).flatMap(Proxy.init)
        exceptions = (value("NO_PROXY") ?? "").lowercased().split { $0 == "," || $0 == " " }
    }

    /// The proxy to take for a URL; nil for none.
    func proxy(for url: String) -> Proxy? {
        guard let parts = URLComponents(string: url), let host = parts.host?.lowercased() else { return nil }
        let isSecure = parts.scheme?.lowercased() == "https"
        guard let proxy = isSecure ? https : http else { return nil }
        let port = parts.port ?? (isSecure ? 443 : 80)
        return exceptions.contains { Self.excepts($0, host, port) } ? nil : proxy
    }

    /// Whether an entry of `NO_PROXY` means that host: `*`, a name with all below it, an address, each with a port perhaps.
    private static func excepts(_ entry: Substring, _ host: String, _ port: Int) -> Bool {
        var name = entry
        let host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if name.hasPrefix("["), let close = name.firstIndex(of: "]") {
            let rest = name[name.index(after: close)...]
            guard rest.isEmpty || rest == ":\(port)" else { return false }
            name = name[name.index(after: name.startIndex)..<close]
        } else if name.count(where: { $0 == ":" }) == 1, let colon = name.firstIndex(of: ":") {
            guard name[name.index(after: colon)...] == "\(port)" else { return false }
            name = name[..<colon]
        }
        if name == "*" { return true }
        if name.hasPrefix("*.") { name = name.dropFirst() }
        if name.hasPrefix(".") { name = name.dropFirst() }
        return !name.isEmpty && (host == name || host.hasSuffix(".\(name)"))
    }
}

extension ProxySettings.Proxy {
    /// Nil when the text is no URL of a proxy.
    init?(_ text: String) {
        let url = text.contains("://") ? text : "http://\(text)"
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else { return nil }
        let scheme = parts.scheme?.lowercased() ?? "http"
        isSOCKS = scheme.hasPrefix("socks")
        guard isSOCKS || scheme == "http" else { return nil }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (isSOCKS ? 1080 : 80)
        credentials = parts.user.map { "\($0):\(parts.password ?? "")" }
    }
}
