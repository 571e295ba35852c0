/// How much of a text its tokenizer is given at first: a tokenizer takes up to a microsecond a byte, and what comes after
/// the last token that is read does not matter.
struct TextPiece: Hashable, Sendable {
    let limit: Int
    let cutsLeft: Bool

    /// Tokens beyond the limit that must have come, so that those before it are the same with the whole text: a word that
    /// was cut in two may have another token for each of its characters, up to a hundred.
    static let margin = 128

    /// Bytes of the first piece. Few texts have less than a token in eight bytes.
    var firstBytes: Int { 8 * limit + 1024 }
    /// Bytes of any text: more has no tokens that are read.
    var mostBytes: Int { max(256 << 10, 32 * limit) }

    /// Whether the tokens of the first piece tell all that is to be known of the text.
    func suffices(tokens: Int) -> Bool { tokens > limit + Self.margin }

    /// The bytes of the text that are given; no character of Unicode is cut in two.
    func bytes(of text: String, most: Int) -> Substring.UTF8View {
        let all = text.utf8
        guard all.count > most else { return text[...].utf8 }
        if cutsLeft {
            var start = all.index(all.endIndex, offsetBy: -most)
            while start < all.endIndex, all[start] & 0xC0 == 0x80 { start = all.index(after: start) }
            return text.utf8[start...]
        }
        var end = all.index(all.startIndex, offsetBy: most)
        while end > all.startIndex, all[end] & 0xC0 == 0x80 { end = all.index(before: end) }
        return text.utf8[..<end]
    }

    /// Whether what is left out beside that piece has anything in it.
    func leavesText(of text: String, most: Int) -> Bool {
        guard text.utf8.count > most else { return false }
        let piece = bytes(of: text, most: most)
        let rest = cutsLeft ? text[..<piece.startIndex] : text[piece.endIndex...]
        return rest.unicodeScalars.contains { !$0.properties.isWhitespace && $0 != "\0" }
    }

    /// Cuts texts into calls of the tokenizer: it pads each call to its longest text, so like lengths go together.
    ///
    /// - Parameter bytes: those of each text.
    /// - Returns: places of texts; a call's texts times its longest are at most `most`, but for a single one.
    static func calls(bytes: [Int], most: Int = 1 << 19) -> [[Int]] {
        let order = bytes.indices.sorted { (bytes[$0], $0) < (bytes[$1], $1) }
        var calls: [[Int]] = []
        for place in order {
            if let last = calls.last, (last.count + 1) * bytes[place] <= most {
                calls[calls.count - 1].append(place)
            } else {
                calls.append([place])
            }
        }
        return calls
    }
}
