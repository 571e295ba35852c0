/// Timeouts for a connection string, so that an absent server is noticed within 5 s and not libmongoc's 30 s.
enum ShortTimeouts {
    private static let milliseconds = 5000

    /// The URI with those that it does not set itself.
    static func added(to uri: String) -> String {
        guard let scheme = uri.firstIndex(of: ":") else { return uri }
        let rest = uri[scheme...].dropFirst("://".count)
        let options = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] } ?? ""
        let set = Set(options.split(separator: "&").map { $0.prefix { $0 != "=" }.lowercased() })
        let missing = ["serverSelectionTimeoutMS", "connectTimeoutMS"].filter {
            !set.contains($0.lowercased())
        }
        .map { "\($0)=\(milliseconds)" }
        guard !missing.isEmpty else { return uri }
        let separator =
            if rest.contains("?") {
                options.isEmpty || options.hasSuffix("&") ? "" : "&"
            } else {
                rest.contains("/") ? "?" : "/?"
            }
        return uri + separator + missing.joined(separator: "&")
    }
}
