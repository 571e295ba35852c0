/// The texts of a URI that nobody may see, encoded and decoded: the password, and options that hold one.
///
/// Works on the text alone. A URI that is not well formed gives too much rather than too little.
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

extension StringProtocol {
    func firstRange(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }

    /// The text with each of the secrets replaced by `***`.
    func hiding(_ secrets: Set<String>) -> String {
        // Longer ones first: one may hold another.
        secrets.sorted { $0.utf8.count > $1.utf8.count }.reduce(String(self)) { text, secret in
            var hidden = ""
            var rest = Substring(text)
            while let place = rest.firstRange(of: secret) {
                hidden += rest[..<place.lowerBound] + "***"
                rest = rest[place.upperBound...]
            }
            return hidden + rest
        }
    }
}
