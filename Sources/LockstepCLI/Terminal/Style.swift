import Foundation

/// Colours for one output, or none: never the only way in which something is told.
struct Style: Sendable, Equatable {
    let isColored: Bool

    static let plain = Style(isColored: false)
    /// For what goes to stdout and to stderr.
    static let out = Style(isColored: isColored(onTerminal: isatty(STDOUT_FILENO) == 1))
    static let error = Style(isColored: isColored(onTerminal: isatty(STDERR_FILENO) == 1))

    enum Color: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func paint(_ text: String, _ color: Color?) -> String {
        guard isColored, let color, !text.isEmpty else { return text }
        return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    }

    /// On a terminal that knows colours, unless `NO_COLOR` says otherwise; see no-color.org.
    static func isColored(
        onTerminal: Bool, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Bool {
        onTerminal && environment["NO_COLOR", default: ""].isEmpty
            && !["", "dumb"].contains(environment["TERM", default: ""])
    }
}
