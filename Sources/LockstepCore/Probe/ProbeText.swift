/// Neutral texts to try models with: common English words, of which most tokenizers make one token each.
package enum ProbeText {
    /// The beginning of one endless text: each length begins as every other.
    package static func head(_ words: Int) -> String {
        text((0..<max(0, words)).map { word($0, of: headWords) })
    }

    /// How a text may go on.
    package enum Tail: CaseIterable, Sendable {
        case one, other

        /// As long as each other, and without a word in common.
        package var text: String {
            switch self {
            case .one: ProbeText.text((0..<48).map { word($0, of: oneWords) })
            case .other: ProbeText.text((0..<48).map { word($0, of: otherWords) })
            }
        }
    }

    /// One of many different texts of so many words.
    package static func text(_ number: Int, words: Int) -> String {
        let own = "\(number) "
        return own + text((0..<max(1, words - 1)).map { word($0 &+ number &* 31, of: headWords) })
    }

    private static func text(_ words: [String]) -> String {
        words.joined(separator: " ")
    }

    /// Scattered, so that no part of the text repeats another one.
    private static func word(_ place: Int, of words: [String]) -> String {
        var mixed = UInt64(truncatingIfNeeded: place) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return words[Int((mixed ^ (mixed >> 31)) % UInt64(words.count))]
    }

    private static let headWords = [
        "the", "house", "stands", "by", "a", "river", "and", "its", "garden", "has", "old", "trees", "in",
        "spring", "water", "comes", "down", "from", "hills", "people", "walk", "over", "bridge", "to", "town",
        "market", "where", "they", "buy", "bread", "milk", "fruit", "on", "way", "home", "some", "stop", "at",
        "school", "children", "play", "there", "until", "light", "goes", "out", "then", "night", "is", "long",
    ]
    private static let oneWords = [
        "ship", "sea", "captain", "storm", "wind", "island", "fish", "harbor", "wave", "salt", "boat",
        "north",
    ]
    private static let otherWords = [
        "music", "piano", "song", "voice", "dance", "theater", "stage", "actor", "film", "color", "paint",
        "art",
    ]
}
