/// Cuts what a program writes to stderr into lines for the log, bounded in length and in number per second.
struct StderrLines {
    /// Bytes of a line that are kept; the rest of it is left out. 2,000.
    static let longest = 2000
    /// Lines in one second, at most. 100.
    static let mostPerSecond = 100

    /// The last line that was not empty: what a program said before it ended.
    private(set) var last: String?
    private var partial = [UInt8]()
    private var isCut = false
    private var second: Int64 = .min
    private var linesThisSecond = 0
    private var leftOut = 0

    /// The lines to log after more bytes came in, in the second `now` of any clock.
    mutating func add(_ bytes: some Sequence<UInt8>, now: Int64) -> [String] {
        var lines = startSecond(now)
        for byte in bytes {
            // Progress bars return the carriage instead of ending the line.
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                endLine(into: &lines)
            } else if partial.count < Self.longest {
                partial.append(byte)
            } else {
                isCut = true
            }
        }
        return lines
    }

    /// The lines to log after the program ended.
    mutating func finish() -> [String] {
        var lines = [String]()
        endLine(into: &lines)
        lines += startSecond(.max)
        return lines
    }

    private mutating func startSecond(_ now: Int64) -> [String] {
        guard now != second else { return [] }
        defer {
            second = now
            linesThisSecond = 0
            leftOut = 0
        }
        return leftOut > 0 ? ["… \(leftOut) more lines left out"] : []
    }

    private mutating func endLine(into lines: inout [String]) {
        defer {
            partial.removeAll(keepingCapacity: true)
            isCut = false
        }
        guard partial.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return }
        var text = String(decoding: partial, as: UTF8.self)
        // A terminal must not obey what a model says.
        text.unicodeScalars.removeAll { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }
        if isCut { text += "…" }
        last = text
        if linesThisSecond < Self.mostPerSecond {
            linesThisSecond += 1
            lines.append(text)
        } else {
            leftOut += 1
        }
    }
}
