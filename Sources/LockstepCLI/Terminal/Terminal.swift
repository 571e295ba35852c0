import Foundation

/// Standard output and error.
enum Terminal {
    /// A line on stdout, at once: whoever reads a pipe waits for it.
    ///
    /// - Returns: false when nobody reads any more.
    @discardableResult
    static func print(_ line: String) -> Bool {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// A line on stderr, for people.
    static func note(_ line: String) {
        // A progress bar may stand on the line.
        writeError(isErrorATerminal ? "\r\u{1B}[K\(line)\n" : line + "\n")
    }

    /// Text on stderr as it is.
    static func writeError(_ text: String) {
        _ = write(text, to: STDERR_FILENO)
    }

    static var isErrorATerminal: Bool {
        isatty(STDERR_FILENO) == 1
    }

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
    /// Aligned columns; numbers to the right.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let all = ([header] + rows).map { $0.map(\.onOneLine) }
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            zip(row, widths).map { cell, width in
                let padding = String(repeating: " ", count: width - cell.count)
                return Int(cell) == nil ? cell + padding : padding + cell
            }
            .joined(separator: "  ").trimmingTrailingSpaces
        }
        .joined(separator: "\n")
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

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Without line breaks and other control characters, which a program's message may hold.
    fileprivate var onOneLine: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
