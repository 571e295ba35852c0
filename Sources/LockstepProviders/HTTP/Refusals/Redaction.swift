/// Makes a server's words fit for a log: no secret, nothing of the texts that were sent, one line, 200 characters.
struct Redaction {
    let secrets: [String]
    let texts: [String]

    /// Bytes in a row that a message and a text have in common before they are a quotation.
    private static let window = 16
    /// Bytes of a message that are looked at.
    private static let most = 2000

    func shown(_ message: String) -> String {
        var text = String(decoding: message.utf8.prefix(Self.most), as: UTF8.self)
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

    private func withoutTexts(_ message: String) -> String {
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
