/// How many bytes a memo takes, so that it is seldom asked: what is stored is counted on top of what it was then.
package struct MemoBound: Sendable {
    private let limit: Int
    /// As far as is known; nil before it was asked.
    private var bytes: Int?

    package init(limit: Int) {
        self.limit = limit
    }

    /// So many bytes are stored.
    ///
    /// - Returns: whether it is to be asked how large it is.
    package mutating func stored(_ count: Int) -> Bool {
        guard let known = bytes else { return true }
        bytes = known + count
        return known + count > limit
    }

    /// It has said how large it is.
    ///
    /// - Returns: how many of its documents are to go: a fifth of what there may be, so that it is not asked again soon.
    package mutating func measured(documents: Int, bytes: Int) -> Int {
        self.bytes = bytes
        // mechanism memo-bound, off: bytes > limit / 10 * 9 becomes false
        let isNearlyFull = bytes > limit / 10 * 9
        guard isNearlyFull, documents > 0 else { return 0 }
        let target = limit / 10 * 8
        let count = (Double(bytes - target) / Double(bytes) * Double(documents)).rounded(.up)
        self.bytes = target
        return min(documents, Int(count))
    }
}
