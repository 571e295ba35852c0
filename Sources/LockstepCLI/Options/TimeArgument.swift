import ArgumentParser
import LockstepReading

/// A length of time as people type it: `20` and `20s` are seconds, `500ms`, `5m` and `1h30m` what they say.
struct TimeArgument: Sendable, Equatable, CustomStringConvertible {
    let duration: Duration
    /// As it was typed.
    let description: String

    /// Some thirty years: more does not fit a timer.
    private static let longest = Duration.seconds(1_000_000_000)

    init(_ text: String) throws {
        let isNumber = !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
        guard let duration = Duration(written: isNumber ? text + "s" : text), duration <= Self.longest else {
            throw ValidationError("write a length of time, as 20, 20s or 5m")
        }
        self.duration = duration
        description = text
    }

    static func seconds(_ seconds: Int) -> TimeArgument {
        TimeArgument(duration: .seconds(seconds), description: "\(seconds)s")
    }

    static func days(_ days: Int) -> TimeArgument {
        TimeArgument(duration: .seconds(days * 86400), description: "\(days)d")
    }

    private init(duration: Duration, description: String) {
        self.duration = duration
        self.description = description
    }
}
