import Foundation
import LockstepReading

/// When a server wants to be asked again, in all the forms in which servers say it.
enum RetryTime {
    /// More than an hour is no time to wait for.
    private static let longest = 3600.0

    /// Nil when it does not say.
    ///
    /// - Parameter now: for dates where the answer has none itself.
    static func read(_ headers: [String: String], _ words: ServerWords, now: Date = Date()) -> Duration? {
        let seconds =
            headers["retry-after-ms"].flatMap(Double.init).map { $0 / 1000 }
            ?? headers["retry-after"].flatMap { afterHeader($0, headers, now) }
            ?? words.retryDelay.flatMap(duration)
            ?? inWords(words.all)
            ?? reset(headers)
        guard let seconds, seconds.isFinite else { return nil }
        return .milliseconds(Int((min(max(seconds, 0), longest) * 1000).rounded(.up)))
    }

    /// `5`, `1.5`, or a date.
    private static func afterHeader(_ text: String, _ headers: [String: String], _ now: Date) -> Double? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if let seconds = Double(text) { return seconds }
        guard let then = date(text) else { return duration(text) }
        // By the server's own clock, where it says what time it is.
        return then.timeIntervalSince(headers["date"].flatMap(date) ?? now)
    }

    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        for format in [
            "EEE, dd MMM yyyy HH:mm:ss zzz", "EEEE, dd-MMM-yy HH:mm:ss zzz", "EEE MMM d HH:mm:ss yyyy",
        ] {
            formatter.dateFormat = format
            if let date = formatter.date(from: text) { return date }
        }
        return nil
    }

    /// The headers that say when what is used up is there again: `6m0s`, `12ms`, `1s`, or seconds.
    private static func reset(_ headers: [String: String]) -> Double? {
        let times = ["requests", "tokens"].compactMap { unit -> Double? in
            guard let left = headers["x-ratelimit-remaining-\(unit)"].flatMap(Double.init), left <= 0 else {
                return nil
            }
            return headers["x-ratelimit-reset-\(unit)"].flatMap(duration)
        }
        return times.max() ?? headers["ratelimit-reset"].flatMap(Double.init)
    }

    private static func inWords(_ words: String) -> Double? {
        let pattern =
            /(?:try again|retry|retrying) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|s|m|h))+|\d+(?:\.\d+)?)( ?minutes?)?/
        guard let match = words.firstMatch(of: pattern) else { return nil }
        let text = String(match.output.1)
        if let number = Double(text) { return match.output.2 == nil ? number : number * 60 }
        return duration(text)
    }

    /// `6m0s`, `12ms`, `1.5s`, `1h2m3s`, or seconds.
    private static func duration(_ text: String) -> Double? {
        Double(text) ?? Duration(written: text).map { $0 / .seconds(1) }
    }
}
