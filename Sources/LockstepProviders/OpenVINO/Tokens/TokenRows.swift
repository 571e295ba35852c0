/// The tokens of many texts, one after another, without padding.
struct TokenRows: Sendable {
    private(set) var ids: [Int32] = []
    /// Which of a pair of texts a token is of; empty when the tokenizer does not say.
    private(set) var types: [Int32] = []
    private var rows: [Range<Int>]
    /// The places of those that were cut.
    private(set) var cut: Set<Int> = []

    init(count: Int) {
        rows = [Range<Int>](repeating: 0..<0, count: count)
    }

    subscript(place: Int) -> Range<Int> { rows[place] }

    func count(_ place: Int) -> Int { rows[place].count }

    var counts: [Int] { rows.map(\.count) }

    /// Puts a row at its place, of which the cut leaves as many as it does.
    ///
    /// - Parameters:
    ///   - isCut: whether the text itself was cut before, so that more tokens are missing.
    mutating func set(_ place: Int, ids: [Int32], types: [Int32], _ cut: TokenCut, isCut: Bool) {
        let start = self.ids.count
        if let pieces = cut.places(count: ids.count) {
            for piece in pieces {
                self.ids += ids[piece]
                if !types.isEmpty { self.types += types[piece] }
            }
            self.cut.insert(place)
        } else {
            self.ids += ids
            self.types += types
            if isCut { self.cut.insert(place) }
        }
        rows[place] = start..<self.ids.count
    }
}
