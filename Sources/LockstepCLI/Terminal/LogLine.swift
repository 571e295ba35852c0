import Foundation
import LockstepReading
import Logging

/// One line of the log.
struct LogLine {
    var time = Date()
    var level = Logger.Level.notice
    var label = "lockstep"
    var message: String
    var metadata: [String: String] = [:]

    /// Without its line end.
    func text(_ format: LogFormat) -> String {
        switch format {
        case .text:
            let zone = Date.ISO8601FormatStyle(timeZone: .current)
            // The message names its listener already.
            let rest = metadata.filter { $0.key != "listener" }.sorted { $0.key < $1.key }
            let pairs = rest.map { "\($0.key)=\($0.value) " }.joined()
            return "\(time.formatted(zone)) \(level) \(label): \(pairs)\(message)"
        case .json:
            let utc = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            var fields: [(String, JSONText)] = [
                ("time", .string(time.formatted(utc))), ("level", .string(level.rawValue)),
                ("message", .string(message)),
            ]
            for (key, value) in metadata.sorted(by: { $0.key < $1.key })
            where !["time", "level", "message"].contains(key) {
                fields.append((key, .string(value)))
            }
            return JSONText.object(fields).line
        }
    }
}
