import MongoBSON

/// Estimates how many tokens a text is, for a model whose tokenizer is not at hand.
///
/// English prose has about four bytes a token, other alphabets two letters, Chinese, Japanese and Korean one character.
package enum TextTokens {
    /// Of a text in UTF-8.
    package static func count(in bytes: some Sequence<UInt8>) -> Int {
        var tokens = 0.0
        var letters = 0
        var digits = 0
        func endWord() {
            if letters > 0 { tokens += 1 + Double(max(0, letters - 6)) / 4 }
            if digits > 0 { tokens += Double((digits + 2) / 3) }
            (letters, digits) = (0, 0)
        }
        for byte in bytes {
            switch byte {
            case 0x61...0x7A, 0x41...0x5A:
                if digits > 0 { endWord() }
                letters += 1
            case 0x30...0x39:
                if letters > 0 { endWord() }
                digits += 1
            case 0x80...0xBF: break
            case ..<0x21: endWord()
            case ..<0x80:
                endWord()
                tokens += 0.7
            default:
                endWord()
                tokens += ofCharacter(startingWith: byte)
            }
        }
        endWord()
        return Int(tokens.rounded(.up))
    }

    private static func ofCharacter(startingWith byte: UInt8) -> Double {
        switch byte {
        // Latin with accents, Greek, Cyrillic.
        case 0xC2...0xD3: 0.45
        // Hebrew, Arabic and others of two bytes.
        case 0xD4...0xDF: 0.6
        // Indic scripts, Thai, Georgian, Ethiopic.
        case 0xE0, 0xE1: 0.8
        // Chinese, Japanese, Korean, and the punctuation of all.
        case 0xE2...0xEF: 1
        // Emoji and rare ideographs.
        default: 2
        }
    }

    /// Of what a text model is given; nil when that holds no text.
    package static func count(in values: [BSONValue]) -> Int? {
        var tokens = 0
        var hasText = false
        for value in values {
            if value.type == .string, value.bytes.count >= 5 {
                hasText = true
                tokens += count(in: value.bytes[4..<(value.bytes.count - 1)])
            } else if value.type == .array, let inner = count(in: value.array ?? []) {
                hasText = true
                tokens += inner
            }
        }
        return hasText ? tokens : nil
    }
}
