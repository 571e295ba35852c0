import CMongoShim
import Logging
import Synchronization

/// Starts libmongoc once and sends its log to swift-log.
func startLibrary() {
    _ = started
}

private let started: Void = shim_initialize { level, domain, message in
    // libmongoc's levels: error, critical, warning, message, info, debug, trace.
    let levels: [Logger.Level] = [.error, .error, .warning, .notice, .info, .debug, .trace]
    let severity = levels.indices.contains(Int(level)) ? levels[Int(level)] : .debug
    // C says that these are never null.
    DriverLog.write(severity, "\(String(cString: domain)): \(String(cString: message))")
}

/// libmongoc's log, without secrets and without the same line again and again.
enum DriverLog {
    private static let logger = Logger(label: "lockstep.mongoc")
    private static let state = Mutex((secrets: Set<String>(), repeated: RepeatedLines()))

    /// Keeps these out of the log from now on.
    static func hide(_ secrets: Set<String>) {
        state.withLock { $0.secrets.formUnion(secrets) }
    }

    static func write(_ level: Logger.Level, _ message: String) {
        guard level >= logger.logLevel else { return }
        let line = state.withLock { state -> String? in
            let line = message.hiding(state.secrets)
            return state.repeated.admit(line, at: .now).map {
                $0 == 0 ? line : "\(line) (and \($0) times before)"
            }
        }
        if let line { logger.log(level: level, "\(line)") }
    }
}

/// Lets each line through once a minute: libmongoc tries twice a second, and logs the same each time.
package struct RepeatedLines {
    private struct Line {
        var shown: SuspendingClock.Instant
        var hidden = 0
    }

    private var lines: [String: Line] = [:]
    private let interval: Duration
    private let capacity: Int

    package init(interval: Duration = .seconds(60), capacity: Int = 100) {
        self.interval = interval
        self.capacity = capacity
    }

    /// How many times the line was hidden since it was shown last; nil to hide it this time too.
    package mutating func admit(_ text: String, at now: SuspendingClock.Instant) -> Int? {
        if let line = lines[text], now < line.shown + interval {
            lines[text]?.hidden += 1
            return nil
        }
        let hidden = lines[text]?.hidden ?? 0
        // Lines that differ each time would fill the memory.
        if lines.count >= capacity { lines = lines.filter { now < $0.value.shown + interval } }
        if lines.count >= capacity { lines.removeAll() }
        lines[text] = Line(shown: now)
        return hidden
    }
}
