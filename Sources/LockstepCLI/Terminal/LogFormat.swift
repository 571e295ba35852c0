import ArgumentParser

/// The format of log lines.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    /// For people.
    case text
    /// A JSON object a line.
    case json
}
