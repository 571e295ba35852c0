import Lockstep

/// Reports of an audit as a table.
enum ReportTable {
    /// Why MongoDB refuses outputs, a line for each listener.
    static func refusals(_ reports: [ListenerReport]) -> [String] {
        reports.compactMap { report in
            report.refusal.map {
                "\(report.model) on \(report.on): \($0). `lockstep run` retries by itself then, and so does `lockstep verify --repair`"
            }
        }
    }

    static func text(_ reports: [ListenerReport]) -> String {
        // With `as`, collection, key and model do not say which listener it is.
        let isNamed = reports.contains { $0.id != "\($0.on)/\($0.key)/\($0.model)" }
        // Most models take every text as it is.
        let isCut = reports.contains { $0.truncated > 0 }
        let faults = ["STALE", "MISSING", "EXTRA", "FAILED"]
        let counts = ["DOCUMENTS", "FRESH"] + faults + ["NO INPUT"] + (isCut ? ["CUT"] : [])
        let places = ["COLLECTION", "KEY", "MODEL"] + (isNamed ? ["LISTENER", "OUTPUT"] : [])
        var table = Table(
            header: places + counts,
            rows: reports.map { report in
                [report.on, report.key, report.model] + (isNamed ? [report.id, report.output] : [])
                    + [
                        report.documents, report.fresh, report.stale, report.missing, report.extra,
                        report.failed, report.withoutInput,
                    ].map(String.init) + (isCut ? [String(report.truncated)] : [])
            })
        table.color = { column, cell in
            guard column - places.count - 2 < faults.count, column > places.count + 1, cell != "0" else {
                return nil
            }
            return column == places.count + 1 + faults.count ? .red : .yellow
        }
        return table.text(width: Terminal.outWidth, style: .out)
    }
}
