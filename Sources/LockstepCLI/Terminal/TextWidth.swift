/// How many columns of a terminal a text takes: Chinese, Japanese, Korean and emoji take two for a character, marks
/// that stand upon another none.
extension String {
    var columns: Int {
        // Most is ASCII.
        utf8.allSatisfy { $0 < 0x7F && $0 >= 0x20 } ? utf8.count : reduce(0) { $0 + $1.columns }
    }

    /// At most `width` columns, the last of them an ellipsis when something is left out.
    func cut(to width: Int, ellipsis: String = Terminal.ellipsis) -> String {
        guard columns > width else { return self }
        guard width > ellipsis.columns else { return String(ellipsis.prefix(max(0, width))) }
        var kept = ""
        var used = ellipsis.columns
        for character in self {
            used += character.columns
            if used > width { break }
            kept.append(character)
        }
        return kept + ellipsis
    }

    /// Filled up with spaces.
    func padded(to width: Int, right: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - columns))
        return right ? spaces + self : self + spaces
    }

    var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Without line breaks and other control characters, which a program's message may hold.
    var onOneLine: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}

extension Character {
    /// By its first scalar, as terminals do; an emoji that is asked for by its selector takes two.
    fileprivate var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .control, .format, .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        if unicodeScalars.contains("\u{FE0F}") { return 2 }
        return Self.wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// The blocks of East Asian Width W and F, and the emoji (Unicode Standard Annex 11).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x1F1E6...0x1F1FF, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF,
        0x20000...0x3FFFD,
    ]
}
