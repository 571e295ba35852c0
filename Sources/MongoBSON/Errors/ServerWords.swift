/// Cuts a server's message down to its words, without the values of documents.
///
/// MongoDB quotes values, puts them in brackets or behind a colon: the words end there. What holds a digit may be a
/// value anywhere.
package enum ServerWords {
    /// - Parameter names: words to keep although they hold digits, as the database's name.
    package static func safe(_ message: String, names: [Substring]) -> String {
        let parts = message.split(separator: causes).map { words($0, names) }
        // The first says only which command it was.
        let telling = parts.filter { !$0.isEmpty && !$0.hasPrefix("Executor error during") }
        return (telling.isEmpty ? parts : telling).joined(separator: ": ")
    }

    private static let causes = " :: caused by :: "

    private static func words(_ text: Substring, _ names: [Substring]) -> String {
        let end = endOfWords(text)
        var words: [Substring] = []
        for word in text[..<end].split(whereSeparator: \.isWhitespace) {
            let isTold = names.contains(word) || word == "E11000" || !word.contains(where: \.isNumber)
            let shown = isTold ? word : "…"
            if shown != "…" || words.last != "…" { words.append(shown) }
        }
        if end < text.endIndex, words.last != "…", !words.isEmpty { words.append("…") }
        return words.joined(separator: " ")
    }

    private static func endOfWords(_ text: Substring) -> Substring.Index {
        var index = text.startIndex
        var before: Character = " "
        while index < text.endIndex {
            let next = text.index(after: index)
            let after = next < text.endIndex ? text[next] : " "
            switch text[index] {
            case "{", "[", "(", "<", "\"", "`", "=", "\n", "\r", "“", "‘": return index
            case ":" where after.isWhitespace: return index
            // An apostrophe stands between letters, or ends a word.
            case "'" where !(before.isLetter && (after.isLetter || after.isWhitespace)): return index
            default: break
            }
            before = text[index]
            index = next
        }
        return index
    }
}
