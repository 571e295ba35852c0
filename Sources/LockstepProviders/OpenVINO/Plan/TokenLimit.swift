/// How many tokens of a text the model reads, those that open and close it among them.
struct TokenLimit: Hashable, Sendable {
    let tokens: Int
    /// Which of the sources it is of.
    let source: Source

    struct Source: RawRepresentable, Hashable, Sendable {
        let rawValue: String

        init(rawValue: String) {
            self.rawValue = rawValue
        }

        static let maxTokens = Self(rawValue: "`maxTokens`")
        static let positions = Self(rawValue: "the model's positions")
        static let files = Self(rawValue: "the model's files")
        static let tokenizer = Self(rawValue: "its tokenizer")
        /// None of its files says one.
        static let assumed = Self(rawValue: "assumed")
    }

    /// Where nothing says it: what the models have whose positions can be counted, and little memory.
    static let assumedTokens = 512
    /// Said where there is no limit: no text is that long.
    private static let absurd = 1 << 20

    /// Kinds whose tokens have positions from that of the padding on.
    private static let afterPadding: Set<String> = [
        "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "roberta-prelayernorm", "data2vec-text",
        "mpnet", "longformer", "ibert", "xmod", "luke", "markuplm",
    ]

    /// The least of what is said.
    ///
    /// sentence-transformers' own length stands above that of the tokenizer's files, as there.
    ///
    /// - Parameters:
    ///   - table: the rows of the graph's table of positions, where it can be seen.
    ///   - tokenizer: what the graph of the tokenizer cuts to.
    init(_ files: EncoderFiles, table: Int?, tokenizer: Int?, maxTokens: Int?) {
        let rows = [files.positions, table].compactMap { $0 }.map { $0 - Self.unusable(files) }.min()
        let said: [(Int?, Source)] = [
            (rows, .positions), (files.sequenceLength ?? files.tokenizerLength, .files),
            (tokenizer, .tokenizer), (maxTokens, .maxTokens),
        ]
        let bounds = said.compactMap { tokens, source in
            tokens.flatMap { (1..<Self.absurd).contains($0) ? ($0, source) : nil }
        }
        // `maxTokens` alone says what is wanted, not what the model takes.
        let known =
            bounds.contains { $0.1 != .maxTokens } ? bounds : bounds + [(Self.assumedTokens, .assumed)]
        // Of equal ones the first.
        let least = known.dropFirst().reduce(known[0]) { $1.0 < $0.0 ? $1 : $0 }
        tokens = least.0
        source = least.1
    }

    /// Positions that no token has.
    static func unusable(_ files: EncoderFiles) -> Int {
        files.family.map(afterPadding.contains) == true ? (files.padding ?? 1) + 1 : 0
    }
}
