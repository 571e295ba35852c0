/// Whether a model of texts has something to read in a field, and why not.
enum FieldVerdict: Equatable {
    case propose
    /// With the reason, for people, who may see it otherwise.
    case pass(String)
    /// Texts that no key gives to a model of texts, with the reason.
    case outOfReach(String)
    /// Texts under names that are rare each, so that they may be data.
    case rare
    /// Not worth a word: no texts, or hardly ever there.
    case ignore
}

extension FieldVerdict {
    /// - Parameters:
    ///   - key: the field's path.
    ///   - documents: of the sample.
    init(_ field: FieldStatistics, key: String, documents: Int) {
        self = Self.judge(field, key: key, documents: documents)
    }

    /// Texts of fewer words are names or codes.
    private static let fewestWords = 2.5
    private static let fewestCharacters = 15.0
    /// Fields of these names hold text even where it is one word: `Alien`, `Heat`.
    private static let titles: Set<String> = [
        "title", "headline", "heading", "subject", "caption", "titel", "titre", "titulo", "título", "titolo",
    ]

    private static func judge(_ field: FieldStatistics, key: String, documents: Int) -> FieldVerdict {
        if field.textArrays > 0, field.textArrays * 2 >= field.present {
            guard field.present * 20 >= documents else { return .ignore }
            return .outOfReach(
                "arrays of texts, and this model takes one text: a program of yours can take the array")
        }
        guard field.texts > 0 else { return .ignore }
        // Keys that are data are rare each, and may be private.
        guard field.present * 20 >= documents else { return key.contains(".") ? .rare : .ignore }
        let verdict = judgeTexts(field, key: key)
        guard field.isInsideArray, verdict != .ignore else { return verdict }
        return .outOfReach(
            "texts within an array: together they are an array, and this model takes one text")
    }

    private static func judgeTexts(_ field: FieldStatistics, key: String) -> FieldVerdict {
        let share = Double(field.texts) / Double(field.present)
        guard share >= 0.9 else {
            return share < 0.1 ? .ignore : .pass("other types too, in \(percent(1 - share)) of the documents")
        }
        let texts = Double(field.texts)
        if let (kind, count) = field.kinds.max(by: {
            ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue)
        }),
            Double(count) >= 0.8 * texts, let what = name(of: kind)
        {
            return .pass(what)
        }
        let distinct = Double(field.distinct.count) / texts
        if field.texts >= 10, distinct < 0.2 || field.distinct.count <= 5 && distinct < 0.5 {
            return .pass("few different values, \(field.distinct.count) in \(field.texts) documents")
        }
        if field.texts >= 3, field.distinct.count == 1 { return .pass("the same value in all documents") }
        if titles.contains(key.split(separator: ".").last?.lowercased() ?? "") { return .propose }
        guard Double(field.words) / texts >= fewestWords, Double(field.characters) / texts >= fewestCharacters
        else {
            return .pass("single words or names")
        }
        return .propose
    }

    private static func name(of kind: TextShape.Kind) -> String? {
        switch kind {
        case .empty: "empty texts"
        case .number: "numbers"
        case .date: "dates"
        case .address: "addresses or paths"
        case .email: "e-mail addresses"
        case .identifier: "ids, codes or hashes"
        case .encoded: "encoded data"
        case .words: nil
        }
    }

    private static func percent(_ share: Double) -> String {
        "\(max(1, Int((share * 100).rounded()))) %"
    }
}
