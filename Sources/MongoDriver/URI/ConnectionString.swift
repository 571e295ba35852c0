/// The URI with its secrets replaced by `***`: the password, and options that hold one.
///
/// Works on the text alone, so that a text that is no URI shows no secret either.
package func redacted(uri: String) -> String {
    guard let scheme = uri.firstRange(of: "://") else { return uri.contains("@") ? "***" : uri }
    let rest = uri[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    // A password that was not percent-encoded may hold a slash: then everything up to the last `@` is suspect.
    // The same where it holds a question mark, which libmongoc takes.
    let user = (authority.contains("@") && isURI(uri) ? authority : rest).lastIndex(of: "@").map {
        rest[..<$0]
    }
    guard let user else { return uri[..<scheme.upperBound] + redactedOptions(rest) }
    let name = user.prefix { $0 != ":" }
    let secret = name.endIndex == user.endIndex ? "" : ":***"
    return uri[..<scheme.upperBound] + name + secret + redactedOptions(rest[user.endIndex...])
}

/// The database that the URI names, if it does.
package func database(ofURI uri: String) -> String? {
    URIOptions(uri)?.database
}

private func isURI(_ text: String) -> Bool {
    URIOptions(text) != nil
}

private func redactedOptions(_ text: Substring) -> String {
    guard let question = text.firstIndex(of: "?") else { return String(text) }
    let options = text[text.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false)
    var isInSecret = false
    let shown = options.map { text -> String in
        let option = URIOption(text)
        isInSecret = option.isSecret || (isInSecret && option.value == nil)
        guard isInSecret else { return String(text) }
        return option.value == nil ? "***" : "\(option.name)=***"
    }
    return text[...question] + shown.joined(separator: "&")
}
