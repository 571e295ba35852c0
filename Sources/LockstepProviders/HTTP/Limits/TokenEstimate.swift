/// About how many tokens a text has, where only its provider can tell: four letters of ASCII are one, two of other alphabets,
/// each ideograph, and an emoji is two.
enum TokenEstimate {
    static func of(_ text: String) -> Double {
        var quarters = 0
        for byte in text.utf8 {
            switch byte {
            case 0..<0x80: quarters += 1
            case 0xC0..<0xE0: quarters += 2
            case 0xE0..<0xF0: quarters += 4
            case 0xF0...: quarters += 8
            default: break
            }
        }
        return Double(quarters) / 4
    }

    /// Tokens that a text has at least: no tokenizer makes one of two words with a space between them.
    static func least(of text: String) -> Int {
        var count = 0
        var isCounted = false
        for byte in text.utf8 {
            switch byte {
            case 0x09...0x0D, 0x20: isCounted = false
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...:
                if !isCounted { count += 1 }
                isCounted = true
            // Signs may be one with spaces and signs beside them.
            default: break
            }
        }
        return count
    }

    /// The start of a text that has about so many of its tokens, whole characters only; at least one.
    ///
    /// - Parameter share: of the text, below 1.
    static func start(of text: String, share: Double) -> String {
        let wanted = max(1, Int((of(text) * 4 * share).rounded(.down)))
        var quarters = 0
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            quarters += Int(of(String(text[index..<next])) * 4)
            if quarters > wanted, index > text.startIndex { break }
            index = next
        }
        return String(text[..<index])
    }
}
