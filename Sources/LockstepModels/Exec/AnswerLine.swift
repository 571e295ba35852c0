import Glibc

/// What a program has written to stdout since its last answer, up to the end of a line.
struct AnswerLine {
    /// Bytes of one answer, at most. 256 MiB.
    static let longest = 256 << 20

    private var bytes = [UInt8]()
    /// Where the line ends, once it does.
    private var end: Int?

    /// True when there is nothing at all.
    var isEmpty: Bool { bytes.isEmpty }
    var isComplete: Bool { end != nil }
    var isTooLong: Bool { bytes.count > Self.longest }
    /// What has come in so far.
    var soFar: [UInt8] { bytes }

    mutating func add(_ chunk: UnsafeRawBufferPointer) {
        if end == nil, let base = chunk.baseAddress, let newline = memchr(base, 0x0A, chunk.count) {
            end = bytes.count + base.distance(to: UnsafeRawPointer(newline))
        }
        bytes.append(contentsOf: chunk)
    }

    /// The finished line without its newline; what follows it stays.
    mutating func take() -> [UInt8]? {
        guard let end else { return nil }
        var line = bytes
        if end + 1 == bytes.count {
            // The usual case moves the line instead of copying it.
            bytes = []
            line.removeLast()
        } else {
            line.removeSubrange(end...)
            bytes.removeSubrange(...end)
        }
        self.end = bytes.firstIndex(of: 0x0A)
        return line
    }
}
