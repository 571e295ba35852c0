import Foundation

/// A regular expression of a schema, matched with an end: what a user writes may take longer than the universe is old.
struct Pattern {
    /// For all matches of one answer.
    static let time = Duration.seconds(1)

    private let expression: NSRegularExpression

    /// Nil when it is no regular expression.
    init?(_ text: String) {
        // ICU takes no empty one, which every text matches.
        guard let expression = try? NSRegularExpression(pattern: text.isEmpty ? "(?:)" : text) else {
            return nil
        }
        self.expression = expression
    }

    /// Whether some part of the text matches; nil when that is not known by then.
    func matches(_ text: String, until end: ContinuousClock.Instant) -> Bool? {
        var found: Bool? = false
        let whole = NSRange(location: 0, length: text.utf16.count)
        // Swift's own expressions cannot be stopped; this one asks every some thousand steps, and gives up by itself where
        // it has more to go back to than 8 MB hold.
        expression.enumerateMatches(in: text, options: .reportProgress, range: whole) { match, flags, stop in
            if match != nil {
                found = true
            } else if flags.contains(.internalError) || ContinuousClock.now > end {
                found = nil
            } else {
                return
            }
            stop.pointee = true
        }
        return found
    }
}
