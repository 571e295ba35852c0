/// Aligned columns; numbers to the right.
struct Table: Sendable {
    let header: [String]
    let rows: [[String]]
    /// How a cell is coloured, by its column and text.
    var color: @Sendable (_ column: Int, _ cell: String) -> Style.Color? = { _, _ in nil }

    private static let gap = 2
    /// A column is cut to that at least, or to its header.
    private static let narrowest = 8

    /// - Parameter width: columns to fit into: the widest column of texts is cut until the table does. Nil: none is cut.
    func text(width: Int? = nil, style: Style = .plain) -> String {
        let all = ([header] + rows).map { $0.map(\.onOneLine) }
        let widths = widths(all, within: width)
        return all.enumerated().map { row, cells in
            cells.enumerated().map { column, cell in
                let fitting = cell.cut(to: widths[column])
                let space = String(repeating: " ", count: max(0, widths[column] - fitting.columns))
                let painted = style.paint(fitting, row == 0 ? .dim : color(column, cell))
                return Self.isNumber(cell) ? space + painted : painted + space
            }
            .joined(separator: String(repeating: " ", count: Self.gap)).trimmingTrailingSpaces
        }
        .joined(separator: "\n")
    }

    private func widths(_ all: [[String]], within width: Int?) -> [Int] {
        var widths = header.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        guard let width else { return widths }
        let texts = header.indices.filter { column in
            rows.contains { !Self.isNumber($0[column]) }
        }
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
        while excess > 0 {
            let cuttable = texts.filter { widths[$0] > max(Self.narrowest, header[$0].columns) }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private static func isNumber(_ cell: String) -> Bool {
        Int(cell) != nil
    }
}
