/// The secrets of a URI, encoded and decoded: the password, and options that hold one.
///
/// Works on the text alone. A URI that is not well formed gives too many rather than too few.
func secrets(ofURI uri: String) -> Set<String> {
    guard let scheme = uri.firstRange(of: "://") else { return [] }
    let rest = uri[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    var found: [Substring] = []
    for part in [authority, rest] {
        guard let end = part.lastIndex(of: "@"), let colon = part[..<end].firstIndex(of: ":") else {
            continue
        }
        found.append(part[part.index(after: colon)..<end])
    }
    if let question = rest.firstIndex(of: "?") {
        let options = rest[rest.index(after: question)...].split(separator: "&").map(URIOption.init)
        var isInSecret = false
        for option in options {
            isInSecret = option.isSecret || (isInSecret && option.value == nil)
            if isInSecret { found.append(option.value ?? option.name) }
        }
    }
    var secrets: Set<String> = []
    for secret in found {
        for text in [String(secret), percentDecodedLoosely(secret)] where text.count >= shortestSecret {
            secrets.insert(text)
        }
    }
    return secrets
}

/// Shorter ones stand in any text by chance.
private let shortestSecret = 3

/// `name=value` in a connection string.
struct URIOption {
    let name: Substring
    /// Nil without `=`: probably a piece of a value before it with a bare `&`.
    let value: Substring?

    init(_ text: Substring) {
        (name, value) = text.cut(at: "=")
    }

    /// As it stood there.
    var text: String {
        name + (value.map { "=" + $0 } ?? "")
    }

    /// Misspelled names of secret options count too.
    var isSecret: Bool {
        let name = name.lowercased()
        return ["pass", "pasw", "pwd", "secret", "token", "authmechanismproperties"].contains {
            name.contains($0)
        }
    }
}
