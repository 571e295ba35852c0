import Foundation

/// Cuts bytes into the texts of documents: a line each, or the elements of a JSON list.
struct DocumentTexts {
    /// The text of one document, and the line where it begins.
    struct Piece {
        let text: ArraySlice<UInt8>
        let line: Int
    }

    private enum Form {
        case unknown, lines
        /// What may come next in the list.
        case list(Place)
        case ended
    }

    private enum Place {
        case first, value, comma
    }

    /// Bytes of a document's text, at most: numbers and dates take several times their size as canonical Extended JSON. 128 MiB.
    private static let longest = 128 << 20
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let input: InputBytes
    private var form = Form.unknown
    private var buffer: [UInt8] = []
    /// Where the next text begins in the buffer.
    private var start = 0
    private var isAtEnd = false
    /// The line at `start`.
    private(set) var line = 1

    init(_ input: InputBytes) {
        self.input = input
    }

    var isList: Bool {
        if case .list = form { true } else { false }
    }

    /// Nil at the end.
    ///
    /// - Throws: what no document after it can be found behind.
    mutating func next() throws(Failure) -> Piece? {
        while true {
            switch form {
            case .unknown: try begin()
            case .lines: return try nextLine()
            case .list(let place):
                if let piece = try nextElement(place) { return piece }
            case .ended: return nil
            }
        }
    }

    /// A list begins with its bracket; all else is lines.
    private mutating func begin() throws(Failure) {
        while try has(3), buffer[start...].starts(with: Self.byteOrderMark) { start += 3 }
        guard let first = try peek(), first == UInt8(ascii: "[") else { return form = .lines }
        start += 1
        form = .list(.first)
    }

    private func failure(_ reason: String) -> Failure {
        Failure(.wrong, "\(input.name):\(line): \(reason)")
    }
}

// MARK: Lines

extension DocumentTexts {
    private mutating func nextLine() throws(Failure) -> Piece? {
        var searched = start
        while true {
            if let end = newline(from: searched) {
                defer {
                    start = end + 1
                    line += 1
                }
                return Piece(text: buffer[start..<end], line: line)
            }
            searched = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Piece(text: buffer[start...], line: line)
            }
            let dropped = start
            try fill()
            searched -= dropped - start
        }
    }

    private func newline(from place: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, place < bytes.count,
                let found = memchr(base + place, 0x0A, bytes.count - place)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }
}

// MARK: Elements of a list

extension DocumentTexts {
    /// Nil when the form has changed.
    private mutating func nextElement(_ place: Place) throws(Failure) -> Piece? {
        guard let byte = try peek() else { throw failure("the list has no `]`: is the file whole?") }
        switch (byte, place) {
        case (UInt8(ascii: "]"), .first), (UInt8(ascii: "]"), .comma):
            start += 1
            if try peek() != nil { throw failure("something stands behind the end of the list") }
            form = .ended
            return nil
        case (UInt8(ascii: ","), .comma):
            start += 1
            form = .list(.value)
            return nil
        case (_, .comma): throw failure("a comma is missing between two documents of the list")
        default:
            form = .list(.comma)
            return try element()
        }
    }

    /// The value that begins at `start`, up to the bracket that closes it.
    private mutating func element() throws(Failure) -> Piece {
        let first = line
        var length = 0
        var scan = ElementScan()
        while true {
            while start + length < buffer.count {
                let byte = buffer[start + length]
                if scan.ends(before: byte) { return take(length, first) }
                length += 1
                if byte == 0x0A { line += 1 }
                if scan.ends(with: byte) { return take(length, first) }
            }
            guard !isAtEnd else {
                line = first
                throw failure("a document of the list that does not end: is the file whole?")
            }
            try fill()
        }
    }

    private mutating func take(_ length: Int, _ line: Int) -> Piece {
        defer { start += length }
        return Piece(text: buffer[start..<(start + length)], line: line)
    }

    /// Finds the end of a JSON value by its brackets, which count outside of texts only.
    private struct ElementScan {
        private var depth = 0
        private var isInText = false
        private var isEscaped = false
        private var hasBegun = false

        /// A number or a word ends where the list goes on.
        func ends(before byte: UInt8) -> Bool {
            hasBegun && depth == 0 && !isInText && ",] \t\r\n".utf8.contains(byte)
        }

        mutating func ends(with byte: UInt8) -> Bool {
            hasBegun = true
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                    return depth == 0
                }
                return false
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                return depth <= 0
            default: break
            }
            return false
        }
    }
}

// MARK: Bytes

extension DocumentTexts {
    /// The next byte that is no space, without taking it; nil at the end.
    private mutating func peek() throws(Failure) -> UInt8? {
        while true {
            while start < buffer.count {
                let byte = buffer[start]
                guard [0x20, 0x09, 0x0D, 0x0A].contains(byte) else { return byte }
                // A list is not cut into lines: its spaces count here. Where lines follow, they are the first ones.
                if byte == 0x0A { line += 1 }
                start += 1
            }
            guard !isAtEnd else { return nil }
            try fill()
        }
    }

    /// Whether so many bytes are there.
    private mutating func has(_ count: Int) throws(Failure) -> Bool {
        while buffer.count - start < count, !isAtEnd { try fill() }
        return buffer.count - start >= count
    }

    /// Reads more; what stands before `start` goes.
    private mutating func fill() throws(Failure) {
        if start > 0 { buffer.removeFirst(start) }
        start = 0
        guard buffer.count <= Self.longest else {
            throw failure("longer than \(Self.longest >> 20) MiB: write each document on a line of its own")
        }
        let more = try input.next(after: line - 1)
        if more.isEmpty { isAtEnd = true } else { buffer += more }
    }
}
