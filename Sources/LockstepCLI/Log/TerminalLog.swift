import Logging

/// Writes the log to stderr: what stdout gets belongs to the command.
struct TerminalLog: LogHandler {
    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    /// Once, at the start of a command.
    static func start(_ level: Logger.Level, _ format: LogFormat) {
        Terminal.begin(format)
        LoggingSystem.bootstrap { TerminalLog(label: $0, level: level) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        fields.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        Terminal.log(
            LogLine(
                level: event.level, label: label, message: event.message.description,
                metadata: fields.mapValues { "\($0)" }))
    }
}
