import ArgumentParser
import Lockstep
import LockstepConfiguration
import Logging

/// `--log-level` as people type it.
enum LogLevelArgument {
    static let names = Logger.Level.allCases.map(\.rawValue)

    static func read(_ text: String) throws -> Logger.Level {
        let name = text.lowercased()
        if name == "warn" { return .warning }
        if let level = Logger.Level(rawValue: name) { return level }
        let help =
            suggestion(for: name, among: names).map { "did you mean `\($0)`?" }
            ?? "there is \(names.map { "`\($0)`" }.joined(separator: ", "))"
        throw ValidationError("there is no log level `\(text.cut(to: 60).onOneLine)`: \(help)")
    }
}
