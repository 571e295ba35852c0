import Glibc

/// Reads JSON, with `NaN` and `Infinity` for numbers, as some servers write them.
///
/// An array of numbers can be kept as floats: a page of vectors is a million of them.
struct JSONReader {
    /// Values within each other, at most: reading goes down by recursion.
    private static let depth = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private let packsNumbers: Bool
    private var at = 0
    private var depth = 0

    /// - Parameter packingNumbers: arrays of numbers become ``JSON/floats(_:)``; null in one is NaN.
    static func read(_ bytes: [UInt8], packingNumbers: Bool = false) throws(JSONError) -> JSON {
        var bytes = bytes
        // What reads numbers stops there.
        bytes.append(0)
        return try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            var reader = JSONReader(
                bytes: UnsafeBufferPointer(rebasing: buffer.dropLast()), packsNumbers: packingNumbers)
            let value = try reader.value()
            reader.skipSpace()
            guard reader.at == reader.bytes.count else { throw reader.error("there is more after the value") }
            return value
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, packsNumbers: Bool) {
        self.bytes = bytes
        self.packsNumbers = packsNumbers
    }

    private func error(_ message: String) -> JSONError {
        JSONError(place: at, message: message)
    }

    private var next: UInt8? {
        at < bytes.count ? bytes[at] : nil
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count, memcmp(bytes.baseAddress! + at, word.utf8Start, count) == 0 else {
            return false
        }
        at += count
        return true
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        guard let byte = next else { throw error("it ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { (reader) throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { (reader) throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): if skip("true") { return .bool(true) }
        case UInt8(ascii: "f"): if skip("false") { return .bool(false) }
        case UInt8(ascii: "n"): if skip("null") { return .null }
        default: if let number = number() { return number }
        }
        throw error("there is no value")
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSONError) -> JSON
    ) throws(JSONError) -> JSON {
        depth += 1
        guard depth <= Self.depth else { throw error("it is nested too deep") }
        defer { depth -= 1 }
        at += 1
        return try read(&self)
    }

    private mutating func object() throws(JSONError) -> JSON {
        var members: [JSON.Member] = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            at += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("a name is missing") }
            let name = try text()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("a colon is missing") }
            at += 1
            members.append(JSON.Member(name, try value()))
            if try ends(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array() throws(JSONError) -> JSON {
        skipSpace()
        if next == UInt8(ascii: "]") {
            at += 1
            return .array([])
        }
        if packsNumbers, let floats = floats() { return .floats(floats) }
        var elements: [JSON] = []
        while true {
            elements.append(try value())
            if try ends(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// After an element: whether it was the last.
    private mutating func ends(with close: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard let byte = next, byte == UInt8(ascii: ",") || byte == close else {
            throw error("a comma is missing")
        }
        at += 1
        return byte == close
    }
}

// MARK: Numbers

extension JSONReader {
    /// The array that begins here; nil, and nothing read, when it holds anything but numbers.
    private mutating func floats() -> [Float]? {
        let start = at
        var numbers: [Float] = []
        while true {
            skipSpace()
            if skip("null") {
                numbers.append(.nan)
            } else if let number = number()?.double {
                numbers.append(Float(number))
            } else {
                break
            }
            skipSpace()
            if next == UInt8(ascii: ",") {
                at += 1
            } else if next == UInt8(ascii: "]") {
                at += 1
                return numbers
            } else {
                break
            }
        }
        at = start
        return nil
    }

    /// Nil, and nothing read, when there is none.
    private mutating func number() -> JSON? {
        let start = at
        if skip("NaN") { return .number(.nan) }
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { at += 1 }
        if skip("Infinity") { return .number(isNegative ? -.infinity : .infinity) }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var isWhole = true
        while let digit = digit() {
            if digits < 19 { mantissa = mantissa * 10 + digit } else { exponent += 1 }
            digits += mantissa == 0 ? 0 : 1
        }
        guard at > start + (isNegative ? 1 : 0) else {
            at = start
            return nil
        }
        if next == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            while let digit = digit() {
                guard digits < 19 else { continue }
                mantissa = mantissa * 10 + digit
                exponent -= 1
                digits += mantissa == 0 ? 0 : 1
            }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            at += 1
            let sign = next
            if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { at += 1 }
            var power = 0
            while let digit = digit() { power = min(power * 10 + Int(digit), 100_000) }
            exponent += sign == UInt8(ascii: "-") ? -power : power
        }
        if isWhole, exponent == 0, let whole = Int(exactly: mantissa) {
            return .int(isNegative ? -whole : whole)
        }
        // Exact where both sides are; what else a vector holds is off by far less than a float can tell.
        if exponent > -23, exponent < 23 {
            let power = Self.powers[abs(exponent)]
            let number = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
            return .number(isNegative ? -number : number)
        }
        let text = UnsafeRawPointer(bytes.baseAddress! + start).assumingMemoryBound(to: CChar.self)
        return .number(strtod(text, nil))
    }

    private mutating func digit() -> UInt64? {
        guard at < bytes.count, case let digit = bytes[at] &- 0x30, digit < 10 else { return nil }
        at += 1
        return UInt64(digit)
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
        1e19, 1e20, 1e21, 1e22,
    ]
}

// MARK: Texts

extension JSONReader {
    private mutating func text() throws(JSONError) -> String {
        at += 1
        let start = at
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { at += 1 }
        var characters = Array(bytes[start..<at])
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: characters, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &characters)
            default: characters.append(byte)
            }
        }
        throw error("a text has no end")
    }

    private mutating func escape(into characters: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error("a text has no end") }
        at += 1
        switch byte {
        case UInt8(ascii: "n"): characters.append(0x0A)
        case UInt8(ascii: "t"): characters.append(0x09)
        case UInt8(ascii: "r"): characters.append(0x0D)
        case UInt8(ascii: "b"): characters.append(0x08)
        case UInt8(ascii: "f"): characters.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): characters.append(byte)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xD800..<0xDC00 ~= code, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u")
            {
                let before = at
                at += 2
                let low = try hexadecimal()
                if 0xDC00..<0xE000 ~= low {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    at = before
                }
            }
            // Half of a pair is no character.
            characters.append(contentsOf: String(UnicodeScalar(code) ?? "\u{FFFD}").utf8)
        default: throw error("an escape is none of JSON's")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard at + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw error("an escape is none of JSON's") }
        at += 4
        return code
    }
}
