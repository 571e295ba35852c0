import Logging
import Synchronization

/// Remembers what is logged, for tests that count lines.
package final class LogLines: Sendable {
    private let state = Mutex<[String]>([])

    package init() {}

    /// Of everything that is worth a line to a person.
    package var logger: Logger {
        Logger(label: "lockstep") { _ in Handler(lines: self) }
    }

    package var all: [String] {
        state.withLock { $0 }
    }

    package func containing(_ text: String) -> [String] {
        all.filter { $0.contains(text) }
    }

    package func clear() {
        state.withLock { $0.removeAll() }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.state.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}
