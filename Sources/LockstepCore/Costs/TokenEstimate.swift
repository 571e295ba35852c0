/// How many tokens are in so many bytes of text: as a model's own counts have told, the newest most.
package struct TokenEstimate: Sendable {
    /// Before the first count: four bytes a token, as English has.
    private var perByte = 0.25
    private var isMeasured = false

    package init() {}

    package func tokens(inBytes bytes: Int) -> Double {
        max(1, Double(bytes) * perByte)
    }

    package mutating func measured(_ tokens: Int, inBytes bytes: Int) {
        guard bytes > 0, tokens > 0 else { return }
        let new = Double(tokens) / Double(bytes)
        perByte = isMeasured ? perByte * 0.9 + new * 0.1 : new
        isMeasured = true
    }
}
