import Foundation

/// What `status --watch` shows, as lines that fit; pure.
struct StatusScreen {
    var status: DaemonStatus?
    var rates: DaemonRates?
    /// Why the status is not of now.
    var outage: String?
    /// Where is asked.
    var address: String
    var width: Int
    /// Nil: as many as there are.
    var height: Int?
    var style: Style
    var isUTF8 = true

    var lines: [String] {
        var lines = head
        if let status {
            lines += numbers(status)
            lines.append("")
            let problems = self.problems(status)
            // A problem is shown rather than the last listener.
            let room = height.map { max(3, $0 - lines.count - problems.count - 1) }
            lines += listeners(status, room: room) + problems
        }
        guard let height, lines.count > height else { return lines }
        return Array(lines.prefix(height))
    }
}

// MARK: The parts

extension StatusScreen {
    private var head: [String] {
        guard let status else {
            return ["lockstep: no answer from \(address)", ""].map(fit)
                + [fit(outage ?? "asking …", .yellow)]
        }
        var title = "lockstep  \(status.database) at \(status.uri)"
        let place = "\(status.state)  \(status.host) (process \(status.pid))"
        let gap = width - title.columns - place.columns
        title = gap >= 2 ? title + String(repeating: " ", count: gap) + place : title
        var lines = [fit(title, .bold)]
        if gap < 2 { lines.append(fit(place)) }
        if let outage {
            lines.append(fit("NO ANSWER: \(outage); what stands here was before. Trying again.", .red))
        } else {
            lines += sentence(status)
        }
        lines.append("")
        return lines
    }

    /// Whether all is well, and if not the worst of it, with what to do.
    private func sentence(_ status: DaemonStatus) -> [String] {
        guard let problem = ranked(status).first else {
            let text = status.ready ? "All predictions are current." : "Not ready."
            return [fit(text, status.ready ? .green : .yellow)]
        }
        return paragraph(problem.message, color(problem.severity)) + paragraph(problem.hint ?? "", nil)
    }

    /// The worst first.
    private func ranked(_ status: DaemonStatus) -> [DaemonStatus.Problem] {
        let rank = ["error": 0, "warning": 1]
        return status.problems.enumerated().sorted { left, right in
            (rank[left.element.severity] ?? 2, left.offset) < (
                rank[right.element.severity] ?? 2, right.offset
            )
        }.map(\.element)
    }

    private func color(_ severity: String) -> Style.Color? {
        switch severity {
        case "error": .red
        case "warning": .yellow
        default: nil
        }
    }

    private func numbers(_ status: DaemonStatus) -> [String] {
        var state = ["lag \(status.lagSeconds.map(Self.seconds) ?? "unknown")"]
        if let headroom = status.headroom {
            let left = min(headroom.seconds, headroom.windowSeconds)
            state.append("headroom \(Self.seconds(left)) of \(Self.seconds(headroom.windowSeconds))")
        }
        state.append(
            "queue \(Terminal.count(status.queue.documents, "document")), \(Self.bytes(status.queue.bytes)) of \(Self.bytes(status.queue.limitBytes))"
        )
        if let memory = status.memoryBytes { state.append("memory \(Self.bytes(memory))") }
        let flow =
            rates.map {
                [
                    "changes \(Self.rate($0.changes))", "model inputs \(Self.rate($0.modelInputs))",
                    "outputs \(Self.rate($0.outputs))",
                ]
            } ?? []
        return (wrapped(state) + wrapped(flow)).map { fit($0) }
    }

    /// Those that the sentence does not tell.
    private func problems(_ status: DaemonStatus) -> [String] {
        let others = ranked(status).dropFirst()
        guard !others.isEmpty else { return [] }
        return [""]
            + others.prefix(8).flatMap { problem -> [String] in
                let mark = problem.severity == "error" ? "!! " : problem.severity == "warning" ? "!  " : "-  "
                return paragraph(problem.message, color(problem.severity), after: mark)
                    + paragraph(problem.hint ?? "", nil, after: "   ")
            }
    }

    private func listeners(_ status: DaemonStatus, room: Int?) -> [String] {
        guard !status.listeners.isEmpty else { return [fit("no listener")] }
        var columns = Self.columns
        var table = cells(columns, status)
        // The bar gets what is left, ten columns at least: for it the least important columns go.
        while width - table.taken < 10 + 2,
            let least = columns.indices.filter({ columns[$0].rank > 2 }).max(by: {
                columns[$0].rank < columns[$1].rank
            })
        {
            columns.remove(at: least)
            table = cells(columns, status)
        }
        let barWidth = min(60, width - table.taken - 2)
        var lines = [fit(table.header, .dim)]
        for (row, listener) in zip(table.rows, status.listeners) {
            let bar = barWidth >= 10 ? "  " + bar(listener, width: barWidth) : ""
            lines.append(fit(row, listener.state == "ok" ? nil : .yellow, plus: bar))
            lines += notes(listener)
        }
        guard let room, lines.count > room else { return lines }
        return lines.prefix(max(1, room - 1)) + [fit("\(ellipsis) more listeners than fit here")]
    }

    /// What else is to be said of a listener, below it.
    private func notes(_ listener: DaemonStatus.Listener) -> [String] {
        var notes: [String] = []
        if listener.state != "ok" {
            notes.append(
                fit(
                    "  \(Self.word(listener.state))\(listener.reason.map { ": \($0)" } ?? "")".onOneLine,
                    .yellow))
        }
        if let progress = listener.reconcile {
            let left = progress.secondsLeft.map { ", \(Self.seconds($0)) left" } ?? ""
            notes.append(
                fit(
                    "  scan: \(progress.documents) of \(progress.total), \(Self.rate(progress.perSecond))\(left)"
                ))
        }
        return notes
    }

    /// Fresh, to be done and failed, as they stand to each other.
    private func bar(_ listener: DaemonStatus.Listener, width: Int) -> String {
        let whole = listener.documents
        guard whole > 0 else { return "" }
        // What is there is seen, however little.
        func part(_ count: Int) -> Int {
            count == 0 ? 0 : max(1, Int((Double(count) / Double(whole) * Double(width)).rounded()))
        }
        let failed = min(part(listener.failed), width)
        let open = min(part(whole - listener.fresh - listener.failed), width - failed)
        let fresh = max(0, width - failed - open)
        let signs = isUTF8 ? ["█", "░", "×"] : ["#", ".", "x"]
        return style.paint(String(repeating: signs[0], count: fresh), .green)
            + style.paint(String(repeating: signs[1], count: open), .yellow)
            + style.paint(String(repeating: signs[2], count: failed), .red)
    }
}

// MARK: Columns

extension StatusScreen {
    private struct Column {
        let title: String
        /// The higher, the earlier it goes.
        let rank: Int
        let text: @Sendable (DaemonStatus.Listener) -> String
    }

    private static let columns: [Column] = [
        Column(title: "LISTENER", rank: 0) { $0.id },
        Column(title: "DOCUMENTS", rank: 3) { String($0.documents) },
        Column(title: "FRESH", rank: 1) { String($0.fresh) },
        Column(title: "STALE", rank: 5) { String($0.stale) },
        Column(title: "MISSING", rank: 6) { String($0.missing) },
        Column(title: "FAILED", rank: 2) { String($0.failed) },
        Column(title: "NO INPUT", rank: 10) { $0.withoutInput.map(String.init) ?? "-" },
        Column(title: "WAITING", rank: 4) { String($0.waiting) },
        Column(title: "P50", rank: 9) { $0.modelSeconds.map { latency($0.p50) } ?? "-" },
        Column(title: "P99", rank: 8) { $0.modelSeconds.map { latency($0.p99) } ?? "-" },
        Column(title: "RATE", rank: 7) { $0.predictionsPerSecond.map(rate) ?? "-" },
    ]

    private func cells(
        _ columns: [Column], _ status: DaemonStatus
    ) -> (header: String, rows: [String], taken: Int) {
        let all =
            [columns.map(\.title)]
            + status.listeners.map { listener in columns.map { $0.text(listener).onOneLine } }
        var widths = columns.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        let others = widths.dropFirst().reduce(0, +) + 2 * (widths.count - 1)
        // Names are cut to what tells them apart, and further only where nothing else is left to go.
        let isLeast = columns.allSatisfy { $0.rank <= 2 }
        widths[0] = min(widths[0], isLeast ? max(12, min(32, width - others - 12)) : 32)
        let texts = all.map { row in
            row.indices.map { column in
                row[column].cut(to: widths[column], ellipsis: ellipsis).padded(
                    to: widths[column], right: column > 0)
            }.joined(separator: "  ")
        }
        return (texts[0], Array(texts.dropFirst()), widths[0] + others)
    }
}

// MARK: Texts

extension StatusScreen {
    private var ellipsis: String {
        isUTF8 ? "…" : "..."
    }

    private func fit(_ text: String) -> String {
        fit(text, nil)
    }

    /// Cut to the width, then coloured: an escape takes no column.
    ///
    /// - Parameter plus: coloured already, and known to fit.
    private func fit(_ text: String, _ color: Style.Color?, plus: String = "") -> String {
        style.paint(text.onOneLine.cut(to: width, ellipsis: ellipsis), color) + plus
    }

    /// A text on as many lines as it takes, three at most.
    private func paragraph(_ text: String, _ color: Style.Color?, after mark: String = "") -> [String] {
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

    /// As many on a line as fit.
    private func wrapped(_ parts: [String]) -> [String] {
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

    /// A listener's state as people call it.
    private static func word(_ state: String) -> String {
        state == "out" ? "unavailable" : state
    }

    private static func seconds(_ seconds: Double) -> String {
        Terminal.duration(.seconds(min(max(seconds, 0), 1e9)))
    }

    static func bytes(_ bytes: Int) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\(tenths(Double(bytes) / 1e3)) kB"
        case ..<1_000_000_000: "\(tenths(Double(bytes) / 1e6)) MB"
        default: "\(tenths(Double(bytes) / 1e9)) GB"
        }
    }

    static func rate(_ perSecond: Double) -> String {
        "\(perSecond < 100 ? tenths(perSecond) : String(Int(min(perSecond, 1e15))))/s"
    }

    static func latency(_ seconds: Double) -> String {
        seconds < 1 ? "\(tenths(seconds * 1000)) ms" : "\(tenths(seconds)) s"
    }

    private static func tenths(_ value: Double) -> String {
        let rounded = (min(max(value, 0), 1e15) * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
