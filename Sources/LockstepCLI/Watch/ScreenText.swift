/// Lines that fit a terminal of some width.
struct ScreenText {
    var width: Int
    var style: Style
    var isUTF8 = true

    var ellipsis: String {
        isUTF8 ? "…" : "..."
    }

    func fit(_ text: String) -> String {
        fit(text, nil)
    }

    /// Cuts a text to the width, then colours it: escapes take no columns.
    ///
    /// - Parameter plus: coloured already, and known to fit.
    func fit(_ text: String, _ color: Style.Color?, plus: String = "") -> String {
        style.paint(text.onOneLine.cut(to: width, ellipsis: ellipsis), color) + plus
    }

    /// Wraps a text, on three lines at most.
    func paragraph(_ text: String, _ color: Style.Color?, after mark: String = "") -> [String] {
        var lines: [String] = []
        for word in text.onOneLine.split(separator: " ") {
            if let last = lines.last, last.columns + 1 + word.description.columns <= width - mark.columns {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        if lines.count > 3 { lines = [lines[0], lines[1], lines[2...].joined(separator: " ")] }
        let indent = String(repeating: " ", count: mark.columns)
        return lines.enumerated().map { fit(($0 == 0 ? mark : indent) + $1, color) }
    }

    /// Puts as many parts on a line as fit.
    func wrapped(_ parts: [String]) -> [String] {
        var lines: [String] = []
        for part in parts {
            if let last = lines.last, last.columns + 3 + part.columns <= width {
                lines[lines.count - 1] = "\(last)   \(part)"
            } else {
                lines.append(part)
            }
        }
        return lines
    }
}
