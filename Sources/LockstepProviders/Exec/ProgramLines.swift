/// Cuts what a program writes into lines for the log, bounded in length and in number per second, or other
/// period.
struct ProgramLines {
    /// Bytes of a line that are kept; the rest of it is left out. 2,000.
    static let longest = 2000
    /// Lines in one period, at most.
    private let most: Int

    /// The last line that was not empty: what a program said before it ended.
    private(set) var last: String?
    private var partial = [UInt8]()
    private var isCut = false
    private var period: Int64 = .min
    private var linesThisPeriod = 0
    private var leftOut = 0

    init(most: Int = 100) {
        self.most = most
    }

    /// The lines to log after more bytes came in, in the second `now` of any clock, or the minute.
    mutating func add(_ bytes: some Sequence<UInt8>, now: Int64) -> [String] {
        var lines = startPeriod(now)
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
        lines += startPeriod(.max)
        return lines
    }

    private mutating func startPeriod(_ now: Int64) -> [String] {
        guard now != period else { return [] }
        defer {
            period = now
            linesThisPeriod = 0
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
        if linesThisPeriod < most {
            linesThisPeriod += 1
            lines.append(text)
        } else {
            leftOut += 1
        }
    }
}
