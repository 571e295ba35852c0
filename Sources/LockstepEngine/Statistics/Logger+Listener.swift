import Logging

extension Logger {
    /// The same, with the listener's id beside each line, for logs that programs read.
    package func about(_ listener: String) -> Logger {
        var log = self
        log[metadataKey: "listener"] = "\(listener)"
        return log
    }
}
