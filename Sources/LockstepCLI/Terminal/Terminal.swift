import Foundation
import Logging
import Synchronization

/// Standard output and error.
///
/// Lines and a progress bar may share a terminal: each line goes above the row of the bar.
enum Terminal {
    /// What stands on the last row of the terminal that stderr is; empty when nothing does.
    private static let row = Mutex("")
    private static let format = Mutex(LogFormat.text)

    /// From now on lines on stderr look like this.
    static func begin(_ format: LogFormat) {
        self.format.withLock { $0 = format }
    }

    static var logFormat: LogFormat {
        format.withLock { $0 }
    }

    /// A line on stdout, at once: whoever reads a pipe waits for it.
    ///
    /// - Returns: false when nobody reads any more.
    @discardableResult
    static func print(_ line: String) -> Bool {
        write(line + "\n")
    }

    /// Text on stdout as it is.
    @discardableResult
    static func write(_ text: String) -> Bool {
        isOutATerminal
            ? aboveTheRow { write(text, to: STDOUT_FILENO) } : write(text, to: STDOUT_FILENO)
    }

    /// A line on stderr, for people.
    static func note(_ line: String) {
        tell(line, .notice, line)
    }

    /// Something that is odd, and goes on.
    static func warn(_ reason: String) {
        tell("\(Style.error.paint("warning:", .yellow)) \(reason)", .warning, reason)
    }

    /// Why a command ends, on stderr.
    static func fail(_ reason: String) {
        tell("\(Style.error.paint("lockstep:", .red)) \(reason)", .error, reason)
    }

    static func log(_ line: LogLine) {
        let text = line.text(logFormat)
        aboveTheRow { _ = write(text + "\n", to: STDERR_FILENO) }
    }

    /// For people as it is, for programs as a line of the log.
    private static func tell(_ text: String, _ level: Logger.Level, _ message: String) {
        if logFormat == .json { return log(LogLine(level: level, message: message)) }
        aboveTheRow { _ = write(text + "\n", to: STDERR_FILENO) }
    }

    /// What stands on the last row from now on; empty takes it away. For a terminal only.
    static func show(row text: String) {
        row.withLock { row in
            guard !text.isEmpty || !row.isEmpty else { return }
            row = text
            _ = write("\r\(text)\u{1B}[K", to: STDERR_FILENO)
        }
    }

    /// Lets whole lines be written where the row stands, and writes it again below them.
    private static func aboveTheRow<Result: Sendable>(_ body: () -> Result) -> Result {
        row.withLock { row in
            if !row.isEmpty { _ = write("\r\u{1B}[K", to: STDERR_FILENO) }
            defer { if !row.isEmpty { _ = write(row, to: STDERR_FILENO) } }
            return body()
        }
    }

    static var isErrorATerminal: Bool {
        isatty(STDERR_FILENO) == 1
    }

    static var isOutATerminal: Bool {
        isatty(STDOUT_FILENO) == 1
    }

    /// Columns of the terminal that stdout is; nil where it is none.
    static var outWidth: Int? {
        size(STDOUT_FILENO)?.columns
    }

    static var errorWidth: Int? {
        size(STDERR_FILENO)?.columns
    }

    /// `COLUMNS` counts more than what the terminal says of itself, which may know nothing (0).
    static func size(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        let environment = ProcessInfo.processInfo.environment
        let columns = environment["COLUMNS"].flatMap(Int.init) ?? (isKnown ? Int(size.ws_col) : 0)
        let rows = environment["LINES"].flatMap(Int.init) ?? (isKnown ? Int(size.ws_row) : 0)
        return (columns > 0 ? columns : 80, rows > 0 ? rows : 24)
    }

    /// Whether texts beyond ASCII arrive, by the locale.
    static let isUTF8 = isUTF8(ProcessInfo.processInfo.environment)

    static func isUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let name = (locale ?? "").lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }

    static let ellipsis = isUTF8 || !isOutATerminal ? "…" : "..."

    /// Calls `body`, on a thread of its own, when nobody reads stdout any more: to find out by writing takes until
    /// there is something to write.
    static func whenNobodyReads(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            var end = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&end, 1, -1) != 1 {}
            body()
        }
    }

    // Foundation's FileHandle ends the process when the other end of a pipe is closed.
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno == EAGAIN {
                var end = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&end, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

// MARK: For people

extension Terminal {
    /// A table on stdout, as wide as the terminal at most; whole in a pipe.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        Table(header: header, rows: rows).text(width: outWidth)
    }

    /// As `2026-11-23T03:00:00Z`.
    static func date(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }

    /// As `1 document` and `2 documents`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// As `30 s`, `1.5 min` or `26 h`.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        let (value, unit) =
            switch seconds {
            case ..<120: (seconds, "s")
            case ..<7200: (seconds / 60, "min")
            default: (seconds / 3600, "h")
            }
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded)) \(unit)" : "\(rounded) \(unit)"
    }
}
