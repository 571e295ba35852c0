import Lockstep

/// A connection string as it may stand in a file: without user, password and other secrets.
struct PlainURI: Equatable {
    /// Nil when it cannot stand in `${MONGODB_URI:-…}`.
    let text: String?
    /// Something was taken out.
    let isReduced: Bool

    /// What says how a user logs in, and means nothing without one.
    private static let logInOptions = [
        "authsource", "authmechanism", "authmechanismproperties", "gssapiservicename",
    ]
    /// What ends the default of a variable, or means something to YAML.
    private static let special = "}$\"'\\#`{"

    init(_ uri: String) {
        let shown = redacted(uri: uri)
        guard let scheme = shown.firstRange(of: "://") else {
            text = nil
            isReduced = true
            return
        }
        let rest = shown[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let hasUser = hosts.startIndex != authority.startIndex
        let place = rest[authority.endIndex...].prefix { $0 != "?" }
        let options = rest[place.endIndex...].dropFirst().split(separator: "&")
        let kept = options.filter { option in
            let name = option.prefix { $0 != "=" }.lowercased()
            return !option.hasSuffix("***") && !(hasUser && Self.logInOptions.contains(name))
        }
        var plain = shown[..<scheme.upperBound] + hosts + place
        if !kept.isEmpty { plain += (place.isEmpty ? "/?" : "?") + kept.joined(separator: "&") }
        let fits = !plain.contains { Self.special.contains($0) || $0.isWhitespace }
        text = fits ? String(plain) : nil
        isReduced = hasUser || kept.count < options.count
    }
}
