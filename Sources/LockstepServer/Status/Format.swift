import Foundation

/// Numbers, times and texts as people read them.
enum Format {
    /// As `1,204 documents` and `1 document`.
    static func documents(_ count: Int) -> String {
        "\(number(count)) \(count == 1 ? "document" : "documents")"
    }

    /// As `1,204 documents of `docs` are pending`.
    static func pending(_ count: Int, _ place: String = "") -> String {
        "\(documents(count))\(place) \(count == 1 ? "is" : "are") pending"
    }

    /// As `1,204`.
    static func number(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// As `0.4 s`, `95 s`, `12 min` or `3 h`.
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<10:
            "\(((seconds * 10).rounded() / 10).formatted(.number.precision(.fractionLength(0...1)).locale(Locale(identifier: "en_US")))) s"
        case ..<120: "\(Int(seconds.rounded())) s"
        case ..<7200: "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: "\(Int((seconds / 3600).rounded())) h"
        default: "\(Int((seconds / 86400).rounded())) days"
        }
    }

    /// To one digit behind the point.
    static func tenths(_ number: Double) -> Double {
        (number * 10).rounded() / 10
    }

    static var now: String {
        date(Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// Milliseconds since 1970 as `2026-11-23T03:00:00.123Z`.
    static func date(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// A long text up to the end of a clause or a word, and the whole text if something is left out.
    static func shortened(_ text: String, limit: Int = 160) -> (text: String, whole: String?) {
        guard text.count > limit else { return (text, nil) }
        let head = text.prefix(limit)
        for end in [": [", " [", " (", "\n", ". ", "; "] {
            if let range = head.range(of: end),
                head.distance(from: head.startIndex, to: range.lowerBound) > 20
            {
                return (String(head[..<range.lowerBound]), text)
            }
        }
        return (head.lastIndex(of: " ").map { String(head[..<$0]) + " …" } ?? head + "…", text)
    }

    static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}
