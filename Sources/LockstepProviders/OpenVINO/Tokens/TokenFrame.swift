/// The tokens that a tokenizer puts around each text, known from what it makes of a few.
struct TokenFrame: Hashable, Sendable {
    let opening: [Int32]
    let closing: [Int32]

    static let none = Self(opening: [], closing: [])

    init(opening: [Int32], closing: [Int32]) {
        self.opening = opening
        self.closing = closing
    }

    /// Texts that have no token in common, one longer than the others.
    static let probes = ["1", "a", "the", "€", "Z", "nobody knows 2345"]

    /// What all rows begin and end with.
    init(_ rows: [[Int32]]) {
        guard let first = rows.first else {
            self = .none
            return
        }
        let shortest = rows.map(\.count).min() ?? 0
        let begin = (0..<shortest).first { place in rows.contains { $0[place] != first[place] } } ?? shortest
        let end =
            (0..<shortest - begin).first { place in
                rows.contains { $0[$0.count - 1 - place] != first[first.count - 1 - place] }
            } ?? shortest - begin
        opening = Array(first.prefix(begin))
        closing = Array(first.suffix(end))
    }
}

/// Cuts the tokens of a text to so many as a model reads, as the reference does: the text loses its end, or its
/// beginning, and what closes and opens it stays.
struct TokenCut: Hashable, Sendable {
    let limit: Int
    let frame: TokenFrame
    let cutsLeft: Bool

    /// The places that stay, in order; nil when all do.
    func places(count: Int) -> [Range<Int>]? {
        guard count > limit else { return nil }
        let (opening, closing) = (frame.opening.count, frame.closing.count)
        let kept = limit - opening - closing
        guard kept > 0 else { return [0..<limit] }
        let text = opening..<count - closing
        let piece = cutsLeft ? text.suffix(kept) : text.prefix(kept)
        return [0..<opening, piece.startIndex..<piece.endIndex, count - closing..<count]
    }
}
