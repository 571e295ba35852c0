import LockstepAPI

/// The listeners of a database, a row each, with a bar of what is fresh.
struct ListenerTable {
    let listeners: [API.ListenerStatus]
    let text: ScreenText

    func lines(room: Int?) -> [String] {
        guard !listeners.isEmpty else { return [text.fit("no listener")] }
        var columns = Self.columns
        var table = cells(columns)
        // The bar takes the rest of the width; while that is less than ten, the least important column is removed.
        while text.width - table.taken < 10 + 2,
            let least = columns.indices.filter({ columns[$0].rank > 2 }).max(by: {
                columns[$0].rank < columns[$1].rank
            })
        {
            columns.remove(at: least)
            table = cells(columns)
        }
        let barWidth = min(60, text.width - table.taken - 2)
        var lines = [text.fit(table.header, .dim)]
        for (row, listener) in zip(table.rows, listeners) {
            let bar = barWidth >= 10 ? "  " + bar(listener, width: barWidth) : ""
            lines.append(text.fit(row, listener.state == .ok ? nil : .yellow, plus: bar))
            lines += notes(listener)
        }
        guard let room, lines.count > room else { return lines }
        return lines.prefix(max(1, room - 1)) + [text.fit("\(text.ellipsis) more listeners than fit here")]
    }

    /// State and scan of a listener, below its row.
    private func notes(_ listener: API.ListenerStatus) -> [String] {
        var notes: [String] = []
        if listener.state != .ok {
            notes.append(
                text.fit(
                    "  \(Self.word(listener.state))\(listener.reason.map { ": \($0)" } ?? "")".onOneLine,
                    .yellow))
        }
        if let progress = listener.reconcile {
            let left = progress.secondsLeft.map { ", \(Quantity.seconds($0)) left" } ?? ""
            notes.append(
                text.fit(
                    "  scan: \(progress.documents) of \(progress.total), \(Quantity.rate(progress.perSecond))\(left)"
                ))
        }
        return notes
    }

    /// The shares of fresh, pending and failed documents.
    private func bar(_ listener: API.ListenerStatus, width: Int) -> String {
        let whole = listener.documents
        guard whole > 0 else { return "" }
        // Every part that is not empty has one character at least.
        func part(_ count: Int) -> Int {
            count == 0 ? 0 : max(1, Int((Double(count) / Double(whole) * Double(width)).rounded()))
        }
        let failed = min(part(listener.failed), width)
        let open = min(part(whole - listener.fresh - listener.failed), width - failed)
        let fresh = max(0, width - failed - open)
        let signs = text.isUTF8 ? ["█", "░", "×"] : ["#", ".", "x"]
        return text.style.paint(String(repeating: signs[0], count: fresh), .green)
            + text.style.paint(String(repeating: signs[1], count: open), .yellow)
            + text.style.paint(String(repeating: signs[2], count: failed), .red)
    }

    /// A listener's state as people call it.
    private static func word(_ state: API.ListenerStatus.State) -> String {
        state == .out ? "unavailable" : state.rawValue
    }
}

// MARK: Columns

extension ListenerTable {
    private struct Column {
        let title: String
        /// Columns with a higher rank are removed earlier.
        let rank: Int
        let text: @Sendable (API.ListenerStatus) -> String
    }

    private static let columns: [Column] = [
        Column(title: "LISTENER", rank: 0) { $0.id },
        Column(title: "DOCUMENTS", rank: 3) { String($0.documents) },
        Column(title: "FRESH", rank: 1) { String($0.fresh) },
        Column(title: "STALE", rank: 5) { String($0.stale) },
        Column(title: "MISSING", rank: 6) { String($0.missing) },
        Column(title: "FAILED", rank: 2) { String($0.failed) },
        Column(title: "NO INPUT", rank: 10) { String($0.withoutInput) },
        Column(title: "WAITING", rank: 4) { String($0.waiting) },
        Column(title: "P50", rank: 9) { $0.modelSeconds.map { Quantity.latency($0.p50) } ?? "-" },
        Column(title: "P99", rank: 8) { $0.modelSeconds.map { Quantity.latency($0.p99) } ?? "-" },
        Column(title: "RATE", rank: 7) { Quantity.rate($0.predictionsPerSecond) },
    ]

    private func cells(
        _ columns: [Column]
    ) -> (header: String, rows: [String], taken: Int) {
        let all =
            [columns.map(\.title)]
            + listeners.map { listener in columns.map { $0.text(listener).onOneLine } }
        var widths = columns.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        let others = widths.dropFirst().reduce(0, +) + 2 * (widths.count - 1)
        // Names have up to 32 characters, fewer when no other column is left to remove.
        let isLeast = columns.allSatisfy { $0.rank <= 2 }
        widths[0] = min(widths[0], isLeast ? max(12, min(32, text.width - others - 12)) : 32)
        let texts = all.map { row in
            row.indices.map { column in
                row[column].cut(to: widths[column], ellipsis: text.ellipsis).padded(
                    to: widths[column], right: column > 0)
            }.joined(separator: "  ")
        }
        return (texts[0], Array(texts.dropFirst()), widths[0] + others)
    }
}
