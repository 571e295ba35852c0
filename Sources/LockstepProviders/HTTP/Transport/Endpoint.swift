import Foundation
import LockstepCore

/// Where requests of one model go, and what they carry besides what they ask. It holds secrets.
package struct Endpoint: Hashable, Sendable {
    /// Bytes of an answer, at most.
    static let mostBytes = 256 << 20

    /// Without a slash at its end, without a query.
    package let base: String
    /// With its `?`; empty when there is none.
    package let query: String
    package let key: String?
    package let headers: [String: String]

    /// Nil when the text is no URL of HTTP.
    package init?(url: String, key: String?, headers: [String: String] = [:]) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty
        else { return nil }
        var base = String(url.prefix { $0 != "?" && $0 != "#" })
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        self.key = key
        self.headers = headers
    }

    /// Scheme, host and port: what messages may show.
    package var origin: String {
        guard let parts = URLComponents(string: base), let scheme = parts.scheme?.lowercased(),
            let host = parts.host
        else { return "" }
        return "\(scheme)://\(host.lowercased())" + (parts.port.map { ":\($0)" } ?? "")
    }

    /// Tells servers apart, also those behind one gateway. It is stored: of what may be a secret it has 16 bits of a hash.
    package var identity: String {
        guard let parts = URLComponents(string: base) else { return origin }
        let place = origin + parts.percentEncodedPath
        let secrets = [parts.percentEncodedUser, parts.percentEncodedPassword].compactMap { $0 }
        guard !secrets.isEmpty || !query.isEmpty else { return place }
        var hash = ModelHash()
        for secret in secrets { hash.add(secret) }
        hash.add(query)
        return "\(place) \(hash.finish().prefix(4))"
    }

    package var host: String {
        URLComponents(string: base)?.host?.lowercased() ?? ""
    }

    /// - Parameter query: as `api-version=…`; what the configured URL has goes before.
    ///   - path: appended to the base; with `/..` at its start, beside the last part of the base.
    func url(_ path: String, query: String? = nil) -> String {
        var (base, path) = (base, path)
        if path.hasPrefix("/../"), let last = base.lastIndex(of: "/") {
            base = String(base[..<last])
            path = String(path.dropFirst(3))
        }
        return base + path + (self.query.isEmpty ? query.map { "?\($0)" } ?? "" : self.query)
    }

    /// What must show nowhere.
    var secrets: [String] {
        let values = query.dropFirst().split(separator: "&").compactMap { pair in
            pair.firstIndex(of: "=").map { String(pair[pair.index(after: $0)...]) }
        }
        // Of `Bearer …` a server repeats the second word.
        let words = (headers.values + values).flatMap { $0.split(separator: " ").map(String.init) }
        return ([key].compactMap { $0 }.filter { !$0.isEmpty } + words.filter { $0.utf8.count >= 8 })
            .sorted { $0.utf8.count > $1.utf8.count }
    }

    /// All models with one of these share limits and health.
    func account(of api: String) -> AccountID {
        var hash = ModelHash()
        hash.add(key ?? "")
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            hash.add(name.lowercased())
            hash.add(value)
        }
        // 16 bits tell two keys apart; nobody guesses one by them.
        return AccountID("\(api) \(origin) \(hash.finish().prefix(4))")
    }
}
