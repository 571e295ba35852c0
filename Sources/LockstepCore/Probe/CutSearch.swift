/// Finds where a model stops to read a text: it gives the same answer to one head with different tails.
///
/// Doubles the head until its tail does not matter, or the text is refused, then narrows.
package struct CutSearch: Sendable {
    /// What a head of some length shows.
    package enum Outcome: Sendable, Hashable {
        /// The tails lead to different answers.
        case readsOn
        /// They do not matter.
        case isCut
        /// The text is too long to be answered.
        case isRefused
    }

    /// In words of the head.
    package enum End: Sendable, Hashable {
        /// So many words are read, and no more.
        case cut(Int)
        /// Longer ones are refused.
        case refused(above: Int)
        /// As far as was tried, all is read.
        case whole(upTo: Int)
        /// Not even the shortest head lets the tail matter.
        case unseen
    }

    private let first: Int
    private let most: Int
    /// The longest head that was read to its end.
    private var read = 0
    /// The shortest that was not.
    private var unread: (words: Int, outcome: Outcome)?
    private var isStopped = false

    package init(from first: Int = 8, upTo most: Int) {
        self.first = first
        self.most = most
    }

    /// The words of the head to ask for next; nil at the end.
    package var next: Int? {
        guard !isStopped else { return nil }
        guard let unread else {
            if read == 0 { return first }
            return read < most ? min(read * 2, most) : nil
        }
        guard read > 0, unread.words - read > 1 else { return nil }
        return read + (unread.words - read) / 2
    }

    /// What the head that ``next`` named has shown.
    package mutating func found(_ outcome: Outcome) {
        guard let words = next else { return }
        if outcome == .readsOn { read = words } else { unread = (words, outcome) }
    }

    /// No more is asked.
    package mutating func stop() {
        isStopped = true
    }

    package var end: End {
        guard let unread else { return .whole(upTo: read) }
        switch unread.outcome {
        case .isRefused: return .refused(above: read)
        case .isCut where read == 0: return .unseen
        case .isCut, .readsOn: return .cut(unread.words)
        }
    }
}
