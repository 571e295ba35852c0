import MongoBSON

/// About how many tokens a text has, where its model's tokenizer is not at hand: by the script of its characters, and by what
/// the model itself has counted since.
///
/// English prose has about four bytes a token, other alphabets two letters, Chinese, Japanese and Korean one character.
package struct TokenEstimate: Sendable {
    /// Tokens that the model counts for each one that is estimated.
    private var perEstimated = 1.0
    private var isMeasured = false

    package init() {}

    package func tokens(of text: String) -> Double {
        Double(Self.of(text)) * perEstimated
    }

    /// Of texts of which only the size is known.
    package func tokens(inBytes bytes: Int) -> Double {
        max(1, Self.of(bytes: bytes) * perEstimated)
    }

    /// The model has counted some texts: of all such counts, the newest weighs most.
    package mutating func measured(_ tokens: Int, inBytes bytes: Int) {
        learn(tokens, Self.of(bytes: bytes), weight: isMeasured ? 0.1 : 1)
    }

    /// - Parameter weight: of this count, against all before.
    package mutating func measured(_ tokens: Int, of texts: [String], weight: Double) {
        learn(tokens, Double(texts.reduce(0) { $0 + Self.of($1) }), weight: weight)
    }

    private mutating func learn(_ tokens: Int, _ estimated: Double, weight: Double) {
        guard tokens > 0, estimated > 0 else { return }
        perEstimated += (Double(tokens) / estimated - perEstimated) * weight
        perEstimated = min(max(perEstimated, 0.1), 10)
        isMeasured = true
    }
}

// MARK: Before the model has counted anything

extension TokenEstimate {
    /// Tokens that a text has at least: no tokenizer makes one of two words with a space between them.
    package static func least(of text: String) -> Int {
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

    package static func of(_ text: String) -> Int {
        TokenCount(text.utf8).rounded
    }

    /// Of what a text model is given; nil when that holds no text.
    package static func of(_ values: [BSONValue]) -> Int? {
        var tokens = 0
        var hasText = false
        for value in values {
            if value.type == .string, value.bytes.count >= 5 {
                hasText = true
                tokens += TokenCount(value.bytes[4..<(value.bytes.count - 1)]).rounded
            } else if value.type == .array, let inner = of(value.array ?? []) {
                hasText = true
                tokens += inner
            }
        }
        return hasText ? tokens : nil
    }

    /// The start of a text that has about so many of its tokens, whole characters only; at least one.
    ///
    /// - Parameter share: of the text, below 1.
    package static func start(of text: String, share: Double) -> String {
        let wanted = TokenCount(text.utf8).tokens * share
        var count = TokenCount()
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            for byte in text[index..<next].utf8 { count.add(byte) }
            if count.tokens > wanted, index > text.startIndex { break }
            index = next
        }
        return String(text[..<index])
    }

    private static func of(bytes: Int) -> Double { Double(bytes) / 4 }
}

/// Counts a text in UTF-8, byte by byte.
private struct TokenCount {
    private var ended = 0.0
    /// Of the word that has not ended.
    private var letters = 0
    private var digits = 0

    init() {}

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte) }
    }

    var tokens: Double {
        ended + (letters > 0 ? 1 + Double(max(0, letters - 6)) / 4 : 0) + Double((digits + 2) / 3)
    }

    var rounded: Int { Int(tokens.rounded(.up)) }

    mutating func add(_ byte: UInt8) {
        switch byte {
        case 0x61...0x7A, 0x41...0x5A:
            if digits > 0 { end() }
            letters += 1
        case 0x30...0x39:
            if letters > 0 { end() }
            digits += 1
        case 0x80...0xBF: break
        case ..<0x21: end()
        case ..<0x80: end(adding: 0.7)
        default: end(adding: Self.ofCharacter(startingWith: byte))
        }
    }

    private mutating func end(adding more: Double = 0) {
        ended = tokens + more
        (letters, digits) = (0, 0)
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
}
