/// Makes a server's words fit for a log: no secret, nothing of the texts that were sent, one line, 200 characters.
struct Redaction {
    let secrets: [String]
    let texts: [String]

    /// Bytes in a row that a message and a text have in common before they are a quotation.
    private static let window = 16
    /// Bytes of a message that are looked at.
    private static let most = 2000

    func shown(_ message: String) -> String {
        var text = message.utf8Prefix(Self.most)
        for secret in secrets { text = text.replacing(secret, with: "***") }
        // Providers repeat a key with its middle left out.
        for secret in secrets where secret.utf8.count >= 12 {
            let start = secret.prefix(6)
            text = text.split(separator: " ", omittingEmptySubsequences: false)
                .map { $0.contains(start) ? "***" : String($0) }.joined(separator: " ")
        }
        return line(withoutTexts(text))
    }

    private func line(_ text: String) -> String {
        var line = ""
        var count = 0
        for character in text {
            guard count < 200 else { return line + "…" }
            let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
            if character.isWhitespace || isControl {
                guard !line.isEmpty, line.last != " " else { continue }
                line.append(" ")
            } else {
                line.append(character)
            }
            count += 1
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// A message without what it quotes of the texts, also where that stands with the escapes of JSON.
    func withoutTexts(_ message: String) -> String {
        let plain = withoutPlainTexts(message)
        guard !texts.isEmpty, message.contains("\\") else { return plain }
        let read = message.withoutEscapes
        let clean = withoutPlainTexts(read)
        return clean != read && clean.utf8.count < plain.utf8.count ? clean : plain
    }

    private func withoutPlainTexts(_ message: String) -> String {
        var message = message
        for text in texts where (3..<Self.window).contains(text.utf8.count) && message.contains(text) {
            message = message.replacing(text, with: "…")
        }
        let bytes = Array(message.utf8)
        guard bytes.count >= Self.window else { return message }
        let quoted = quoted(bytes)
        guard quoted.contains(true) else { return message }
        var kept: [UInt8] = []
        for place in bytes.indices {
            if !quoted[place] {
                kept.append(bytes[place])
            } else if place == 0 || !quoted[place - 1] {
                kept += "…".utf8
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// Which bytes of a message stand in one of the texts, too, with those beside them.
    private func quoted(_ message: [UInt8]) -> [Bool] {
        var quoted = Array(repeating: false, count: message.count)
        let windows = message.count - Self.window
        let places = message.withUnsafeBytes { raw in
            Dictionary((0...windows).map { (Piece(raw, at: $0), [$0]) }, uniquingKeysWith: +)
        }
        for text in texts where text.utf8.count >= Self.window {
            var text = text
            text.withUTF8 { utf8 in
                let raw = UnsafeRawBufferPointer(utf8)
                for place in 0...(raw.count - Self.window) {
                    for found in places[Piece(raw, at: place)] ?? [] {
                        for byte in found..<found + Self.window { quoted[byte] = true }
                    }
                }
            }
        }
        return quoted
    }

    private struct Piece: Hashable {
        let first: UInt64
        let second: UInt64

        init(_ bytes: UnsafeRawBufferPointer, at place: Int) {
            first = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            second = bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
        }

        // Many pieces of long texts are looked up: no need for a hash that resists attacks.
        func hash(into hasher: inout Hasher) {
            hasher.combine(first &* 0x9E37_79B9_7F4A_7C15 ^ second)
        }
    }
}

extension String {
    /// So many bytes of it, at most.
    func utf8Prefix(_ most: Int) -> String {
        String(decoding: utf8.prefix(most), as: UTF8.self)
    }

    /// With what the escapes of JSON stand for.
    fileprivate var withoutEscapes: String {
        var units: [UInt16] = []
        var rest = Array(utf16)[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C, let escape = rest.first else {
                units.append(unit)
                continue
            }
            if escape == UInt16(ascii: "u"), let code = Self.code(rest.dropFirst().prefix(4)) {
                units.append(code)
                rest = rest.dropFirst(5)
            } else {
                units.append(Self.escapes[escape] ?? escape)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: units, as: UTF16.self)
    }

    private static let escapes: [UInt16: UInt16] = [
        UInt16(ascii: "n"): 0x0A, UInt16(ascii: "r"): 0x0D, UInt16(ascii: "t"): 0x09,
        UInt16(ascii: "b"): 0x08, UInt16(ascii: "f"): 0x0C,
    ]

    private static func code(_ digits: ArraySlice<UInt16>) -> UInt16? {
        let text = String(decoding: digits, as: UTF16.self)
        return digits.count == 4 && text.allSatisfy(\.isHexDigit) ? UInt16(text, radix: 16) : nil
    }
}

extension UInt16 {
    fileprivate init(ascii scalar: Unicode.Scalar) {
        self = UInt16(UInt8(ascii: scalar))
    }
}
