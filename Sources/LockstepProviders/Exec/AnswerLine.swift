import Glibc

/// What a program has written to stdout and nobody has taken yet, cut into lines. A carriage return ends a line too:
/// progress bars write nothing else for hours, and no JSON needs one.
struct AnswerLine {
    /// Bytes of one answer, at most. 256 MiB.
    static let longest = 256 << 20

    private var bytes = [UInt8]()
    /// Where the line begins, and where it ends, once it does.
    private var start = 0
    private var end: Int?

    /// True when there is nothing at all.
    var isEmpty: Bool { start == bytes.count }
    var isComplete: Bool { end != nil }
    var isTooLong: Bool { end == nil && bytes.count - start > Self.longest }

    mutating func add(_ chunk: UnsafeRawBufferPointer) {
        if end == nil, let place = chunk.endOfLine { end = bytes.count + place }
        bytes.append(contentsOf: chunk)
    }

    /// The finished line without its end; what follows it stays.
    mutating func take() -> [UInt8]? {
        guard let end else { return nil }
        if start == 0, end + 1 == bytes.count {
            // The usual case moves the line instead of copying it.
            var line = takeRest()
            line.removeLast()
            return line
        }
        let line = Array(bytes[start..<end])
        start = end + 1
        if start == bytes.count {
            _ = takeRest()
        } else if start > 1 << 16 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        self.end = bytes.withUnsafeBytes { bytes in
            UnsafeRawBufferPointer(rebasing: bytes[start...]).endOfLine.map { $0 + start }
        }
        return line
    }

    /// What has come in so far, finished or not.
    mutating func takeRest() -> [UInt8] {
        defer { self = Self() }
        return start == 0 ? bytes : Array(bytes[start...])
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var endOfLine: Int? {
        guard let base = baseAddress else { return nil }
        func first(_ byte: Int32, within count: Int) -> Int? {
            memchr(base, byte, count).map { base.distance(to: UnsafeRawPointer($0)) }
        }
        let newline = first(0x0A, within: count)
        return first(0x0D, within: newline ?? count) ?? newline
    }
}
