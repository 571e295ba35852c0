/// A connection string in its parts, as they stand in it: percent-encoded.
///
/// Works on the text alone, for strings whose user part holds no bare `@`, `/` or `?`.
struct URIParts {
    let isSRV: Bool
    /// Nil without an `@`.
    let user: Substring?
    /// Nil without a `:` before the `@`.
    let password: Substring?
    let hosts: [Substring]
    /// The database; empty without one.
    let path: Substring
    let options: [URIOption]

    /// Nil when it does not begin as a connection string does.
    init?(_ uri: String) {
        guard let scheme = ["mongodb://", "mongodb+srv://"].first(where: uri.hasPrefix) else { return nil }
        isSRV = scheme.contains("+")
        let (place, options) = Substring(uri.utf8.dropFirst(scheme.utf8.count)).cut(at: "?")
        let (authority, path) = place.cut(at: "/")
        let at = authority.utf8.lastIndex(of: UInt8(ascii: "@"))
        let logIn = at.map { authority[..<$0].cut(at: ":") }
        user = logIn?.head
        password = logIn?.tail
        hosts = Substring(
            authority.utf8[(at.map { authority.utf8.index(after: $0) } ?? authority.startIndex)...]
        )
        .split(separator: ",")
        self.path = path ?? ""
        self.options = (options ?? "").split(separator: "&").map(URIOption.init)
    }

    /// The value of an option, decoded; the last one where it stands several times.
    func value(_ name: String) -> String? {
        options.last { $0.name.lowercased() == name.lowercased() }?.value.map { percentDecoded($0) ?? "" }
    }

    /// The same with other options.
    func text(options: [String]) -> String {
        text(hosts: hosts.joined(separator: ","), logIn: logInText, path: path, options: options)
    }

    /// What libmongoc gets: without the options that are Lockstep's to decide.
    var forDriver: String {
        text(options: options.filter { URIRule.of($0.name)?.isPassed ?? false }.map(\.text))
    }

    /// One of the hosts alone, whatever it is at the moment, without a log-in.
    func direct(_ host: some StringProtocol, milliseconds: Int) -> String {
        let kept = options.filter { option in
            let name = option.name.lowercased()
            return name.hasPrefix("tls") || name.hasPrefix("ssl")
        }
        return text(
            hosts: String(host), logIn: "", path: "",
            options: kept.map(\.text) + (isSRV && kept.isEmpty ? ["tls=true"] : []) + [
                "directConnection=true", "serverSelectionTimeoutMS=\(milliseconds)",
                "connectTimeoutMS=\(milliseconds)",
            ], scheme: "mongodb://")
    }

    private var logInText: String {
        user.map { $0 + (password.map { ":" + $0 } ?? "") + "@" } ?? ""
    }

    private func text(
        hosts: String, logIn: String, path: Substring, options: [String], scheme: String? = nil
    ) -> String {
        let query = options.isEmpty ? "" : "?" + options.joined(separator: "&")
        return "\(scheme ?? (isSRV ? "mongodb+srv://" : "mongodb://"))\(logIn)\(hosts)/\(path)\(query)"
    }
}

extension Substring {
    /// What is before the first such character, and what is behind it, if it is there. By bytes: to Swift a character
    /// with an accent upon it is another one.
    func cut(at character: Unicode.Scalar) -> (head: Substring, tail: Substring?) {
        guard let place = utf8.firstIndex(of: UInt8(ascii: character)) else { return (self, nil) }
        return (self[..<place], Substring(utf8[utf8.index(after: place)...]))
    }
}

/// The text that is encoded; nil where it is not encoded well, holds a NUL byte, or is no text.
func percentDecoded(_ text: some StringProtocol) -> String? {
    guard let bytes = decodedBytes(text, isStrict: true) else { return nil }
    return String(validating: bytes, as: UTF8.self)
}

/// The same, taking what is not encoded well as it stands.
func percentDecodedLoosely(_ text: some StringProtocol) -> String {
    String(decoding: decodedBytes(text, isStrict: false) ?? [], as: UTF8.self)
}

private func decodedBytes(_ text: some StringProtocol, isStrict: Bool) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.popFirst() {
        let digits = rest.prefix(2)
        if first == UInt8(ascii: "%"), digits.count == 2,
            let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), byte != 0
        {
            rest = rest.dropFirst(2)
            bytes.append(byte)
        } else if isStrict, first == UInt8(ascii: "%") || first == 0 {
            return nil
        } else {
            bytes.append(first)
        }
    }
    return bytes
}
