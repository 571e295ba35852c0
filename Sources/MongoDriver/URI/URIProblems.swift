/// The problems of a connection string, each to be read behind "`uri`:".
///
/// Call it before libmongoc reads the string: libmongoc ends the process where a log-in is not complete, and quotes
/// passwords. The problems show no value.
package func uriProblems(_ uri: String) -> [String] {
    guard uri.hasPrefix("mongodb://") || uri.hasPrefix("mongodb+srv://") else {
        // It may be a password in the wrong place: not shown.
        return ["it must begin with `mongodb://` or `mongodb+srv://`"]
    }
    guard !hasBareUser(uri), let parts = URIParts(uri) else {
        return [
            "the user name and the password must be percent-encoded: write %40 for @, %3A for :, %2F for /, %3F for ? and %25 for %"
        ]
    }
    var found = URIRule.problems(parts.options)
    if parts.hosts.isEmpty { found.append("it names no host: write `mongodb://127.0.0.1:27017`") }
    for (index, option) in parts.options.enumerated() {
        guard let rule = URIRule.of(option.name), rule.isPassed else { continue }
        if parts.options[..<index].contains(where: { $0.name.lowercased() == option.name.lowercased() }) {
            found.append("`\(rule.name)` stands in it twice: keep one of them")
        }
    }
    for option in parts.options where option.name.lowercased().hasPrefix("srv") && !parts.isSRV {
        found.append("`\(option.name)` is for `mongodb+srv://` alone: take it out")
    }
    if let name = parts.value("appName"), name.utf8.count > 128 {
        found.append("`appName` must be of 128 bytes at most")
    }
    if found.isEmpty, let problem = LogInRule(parts).problem { found.append(problem) }
    return found
}

/// True when the user name or the password holds a character that ends it there, or is no text.
private func hasBareUser(_ uri: String) -> Bool {
    guard let scheme = uri.firstIndex(of: ":") else { return false }
    let rest = uri[scheme...].dropFirst("://".count)
    let (place, options) = rest.cut(at: "?")
    // Without a slash before it, the question mark belongs to the password, or the `@` to an option: encoded is right.
    guard place.utf8.contains(UInt8(ascii: "/")) || !(options ?? "").utf8.contains(UInt8(ascii: "@")) else {
        return true
    }
    guard let end = place.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
    let user = place[..<end]
    if user.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }) { return true }
    return user.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 1 || percentDecoded(user) == nil
}
