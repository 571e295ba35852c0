/// What a text looks like, without what it says.
struct TextShape: Equatable {
    enum Kind: String, CaseIterable {
        case empty, number, date, address, email, identifier, encoded, words
    }

    var kind: Kind
    var characters: Int
    /// Chinese, Japanese and Thai write none apart: there two characters count as a word.
    var words: Int

    init(_ text: String) {
        let bytes = text.utf8.prefix(Self.looked)
        let head = bytes.count < text.utf8.count ? String(decoding: bytes, as: UTF8.self) : text
        let tokens = head.split { $0.isWhitespace }
        characters = text.count
        var ideographs = 0
        var spaced = 0
        for token in tokens {
            let own = token.unicodeScalars.count(where: isWrittenTogether)
            ideographs += own
            if own == 0, token.contains(where: \.isLetter) { spaced += 1 }
        }
        words = spaced + (ideographs + 1) / 2
        if bytes.count < text.utf8.count, bytes.count > 0 {
            words = words * text.utf8.count / bytes.count
        }
        kind = Self.kind(tokens, ideographs: ideographs)
    }

    /// Bytes that are looked at.
    private static let looked = 20_000

    private static func kind(_ tokens: [Substring], ideographs: Int) -> Kind {
        guard let first = tokens.first else { return .empty }
        if isDate(tokens) { return .date }
        guard tokens.count == 1 else {
            return tokens.allSatisfy { !$0.contains(where: \.isLetter) } ? .number : .words
        }
        if isEMail(first) { return .email }
        if isAddress(first) { return .address }
        guard ideographs == 0 else { return .words }
        if !first.contains(where: \.isLetter) { return .number }
        let hasDigit = first.contains(where: \.isNumber)
        let isPlain = first.utf8.allSatisfy { byte in
            byte < 0x80
                && (Character(UnicodeScalar(byte)).isLetter || byte >= 0x30 && byte <= 0x39
                    || "-_+/=.:".utf8.contains(byte))
        }
        if isPlain, first.utf8.count > 100 { return .encoded }
        if isPlain, hasDigit { return .identifier }
        if isPlain, first.utf8.count >= 16, first.allSatisfy(\.isHexDigit) { return .identifier }
        return .words
    }

    private static func isEMail(_ token: Substring) -> Bool {
        let parts = token.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".") && !parts[1].hasPrefix(".")
    }

    private static func isAddress(_ token: Substring) -> Bool {
        if token.contains("://") || token.lowercased().hasPrefix("www.") { return true }
        // A path of files or of an address.
        return token.contains("/") && (token.hasPrefix("/") || token.hasPrefix("./") || token.hasPrefix("~/"))
    }

    /// ISO 8601 and what is like it: digits with `-`, `/`, `.` and `:` between, a `T`, a zone.
    private static func isDate(_ tokens: [Substring]) -> Bool {
        guard tokens.count <= 3, let first = tokens.first, first.contains(where: { "-/.".contains($0) })
        else {
            return false
        }
        let groups = first.prefix { $0 != "T" }.split(whereSeparator: { "-/.".contains($0) })
        guard groups.count == 3, groups.allSatisfy({ $0.count <= 4 && $0.allSatisfy(\.isNumber) }),
            groups.contains(where: { $0.count == 4 })
        else { return false }
        return tokens.dropFirst().allSatisfy { token in
            token.allSatisfy { $0.isNumber || ":.+-ZAPMUTC".contains($0) }
        }
    }
}

/// Scripts that put no spaces between words.
private func isWrittenTogether(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E00...0x0E7F, 0x3041...0x30FF, 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFD: true
    default: false
    }
}
