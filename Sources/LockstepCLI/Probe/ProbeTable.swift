import Foundation
import Lockstep

/// What a probe found, for people.
struct ProbeTable {
    let findings: ProbeFindings
    /// Per million tokens.
    let price: Double?

    var text: String {
        Terminal.table(["WHAT", "FOUND"], rows)
    }

    private var rows: [[String]] {
        [
            ["answers", kind], ["norm", norm], ["order", order], ["single inputs", singles],
            ["texts", texts], ["inputs a request", size(findings.inputs, "input")],
            ["tokens a request", size(findings.tokens, "token")], ["calls a second", throughput],
            ["asked", spending],
        ]
    }

    private var kind: String {
        switch findings.kind {
        case .vector(let dimensions): "vectors of \(dimensions) numbers"
        case .vectors: "vectors of different lengths"
        case .other(let type): "values of type \(type)"
        }
    }

    private var norm: String {
        guard let norm = findings.norms.range else { return Self.none }
        let (low, high) = (Self.number(norm.lowerBound, 4), Self.number(norm.upperBound, 4))
        return low == high ? low : "\(low) to \(high)"
    }

    private var order: String {
        switch findings.neighbours.keepsOrder {
        case true?: "kept"
        case false?: "NOT KEPT: answers stand at the places of other inputs"
        case nil: Self.unknown
        }
    }

    private var singles: String {
        let neighbours = findings.neighbours
        let worst = neighbours.worst.map { "cosine \(Self.number($0, 6)) at worst" }
        switch neighbours.keepsSingles {
        case true?: return "kept" + (worst.map { ", \($0)" } ?? "")
        case false?: return "NOT KEPT: neighbours change answers" + (worst.map { ", \($0)" } ?? "")
        case nil: return Self.unknown
        }
    }

    private var texts: String {
        guard let reading = findings.reading else { return Self.unknown }
        switch reading.end {
        case .cut(let words):
            guard let tokens = reading.tokens else { return "cut after \(Terminal.count(words, "word"))" }
            return
                "cut after \(Terminal.count(tokens, "token")) (\(Terminal.count(words, "word")) of the probe's)"
        case .refused(let words): return "refused above \(Terminal.count(words, "word"))"
        case .whole(let words): return "not cut up to \(Terminal.count(words, "word"))"
        case .unseen: return Self.unknown
        }
    }

    private func size(_ size: ProbeFindings.Size?, _ noun: String) -> String {
        guard let size else { return Self.unknown }
        let about = noun == "token" && size.taken > 0 ? "about " : ""
        guard size.refusal != nil else {
            return "no limit up to \(about)\(Terminal.count(size.taken, noun))"
        }
        return "\(about)\(Terminal.count(size.taken, noun)), more are refused"
    }

    private var throughput: String {
        guard !findings.throughput.isEmpty else { return Self.unknown }
        return findings.throughput.map { "\(Self.number($0.perSecond, 1)) with \($0.concurrency) at once" }
            .joined(separator: ", ")
    }

    private var spending: String {
        let spending = findings.spending
        let about = spending.isCounted ? "" : "about "
        let text =
            "\(Terminal.count(spending.calls, "call")), \(Terminal.count(spending.inputs, "input")), \(about)\(Terminal.count(spending.tokens, "token"))"
        guard let price else { return text }
        return "\(text), price \(about)\(Price.text(Double(spending.tokens) * price / 1e6))"
    }

    /// What the table does not say.
    var notes: [String] {
        let refusals = [(findings.inputs, "inputs"), (findings.tokens, "tokens")].compactMap { size, noun in
            size?.refusal.map { "more \(noun) in one request are refused: \($0)" }
        }
        return (refusals + findings.remarks).map { $0.onOneLine.cut(to: 300) }
    }

    private static let none = "-"
    private static let unknown = "not known"

    private static func number(_ value: Double, _ digits: Int) -> String {
        value.formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(
                Locale(identifier: "en_US_POSIX")))
    }
}
