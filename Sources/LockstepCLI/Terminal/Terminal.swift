import Foundation
import Lockstep

/// Standard output and error.
enum Terminal {
    /// A line on stdout, at once: whoever reads a pipe waits for it.
    static func print(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// A line on stderr, for people.
    static func note(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    static var isErrorATerminal: Bool {
        isatty(STDERR_FILENO) == 1
    }

    /// Aligned columns; numbers to the right.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            zip(row, widths).map { cell, width in
                let padding = String(repeating: " ", count: width - cell.count)
                return Int(cell) == nil ? cell + padding : padding + cell
            }
            .joined(separator: "  ").trimmingTrailingSpaces
        }
        .joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
