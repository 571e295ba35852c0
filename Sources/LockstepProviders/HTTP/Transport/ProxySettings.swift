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

    /// A variable of the environment, and what it says.
    private struct Setting {
        let variable: String
        let text: String
    }

    private let http: Setting?
    private let https: Setting?
    private let exceptions: [Substring]

    static let current = ProxySettings(ProcessInfo.processInfo.environment)

    init(_ environment: [String: String]) {
        func setting(_ name: String) -> Setting? {
            // As curl does: what is written small goes before.
            [name.lowercased(), name].lazy
                .map { Setting(variable: $0, text: environment[$0] ?? "") }.first { !$0.text.isEmpty }
        }
        let all = setting("ALL_PROXY")
        http = setting("HTTP_PROXY") ?? all
        https = setting("HTTPS_PROXY") ?? all
        exceptions = (setting("NO_PROXY")?.text ?? "").lowercased().split { $0 == "," || $0 == " " }
    }

    /// The proxy to take for a URL; nil for none.
    ///
    /// - Throws: when there is one that cannot be taken: around it nothing is sent.
    func proxy(for url: String) throws(ProxyProblem) -> Proxy? {
        guard let parts = URLComponents(string: url), let host = parts.host?.lowercased() else { return nil }
        let isSecure = parts.scheme?.lowercased() == "https"
        guard let setting = isSecure ? https : http else { return nil }
        let port = parts.port ?? (isSecure ? 443 : 80)
        if exceptions.contains(where: { Self.excepts($0, host, port) }) { return nil }
        guard let proxy = Proxy(setting.text) else { throw ProxyProblem(variable: setting.variable) }
        return proxy
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

/// The environment names a proxy that cannot be taken. Says the variable alone: its value may hold a password.
struct ProxyProblem: Error, CustomStringConvertible {
    let variable: String

    var description: String {
        "`\(variable)` names no proxy that can be taken: write `http://` or `socks5://`, a host and a port, as `http://proxy.example:3128`, or name the server in `NO_PROXY`"
    }
}

extension ProxySettings.Proxy {
    /// Nil when the text is no URL of a proxy that can be taken.
    init?(_ text: String) {
        let url = text.contains("://") ? text : "http://\(text)"
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else { return nil }
        let scheme = parts.scheme?.lowercased() ?? "http"
        isSOCKS = ["socks", "socks5", "socks5h"].contains(scheme)
        guard isSOCKS || scheme == "http" else { return nil }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (isSOCKS ? 1080 : 80)
        credentials = parts.user.map { "\($0):\(parts.password ?? "")" }
    }
}
