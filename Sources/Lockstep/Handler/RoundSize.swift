/// How many documents a handler takes at a time: many when they are quickly done, few when the model is slow, so that
/// predictions appear steadily and a change does not wait behind a long round.
struct RoundSize {
    private(set) var limit = 128

    static let smallest = 16
    static let largest = 1000

    /// A full round of that length was done.
    mutating func took(_ time: Duration, documents: Int) {
        guard documents >= limit else { return }
        if time > .milliseconds(250) {
            limit = max(Self.smallest, limit / 2)
        } else if time < .milliseconds(100) {
            limit = min(Self.largest, limit * 2)
        }
    }
}
