import Foundation
import Lockstep

/// Texts about the periodic audit.
enum AuditText {
    /// Nil before its first round.
    static func state(_ round: AuditRound?) -> String? {
        guard let round else { return nil }
        let found = round.found + round.foundBefore
        let before = round.completed.map { "complete at \(date($0))" } ?? "no round complete yet"
        return
            "audit \(before); \(Terminal.count(round.documents, "document")) read in this round, \(found) found not fresh so far"
    }

    /// Who computes the documents that `verify` found, and when.
    static func remedy(every: Duration?, hasChangeStreams: Bool, reconcileEvery: Duration) -> String {
        let now = "`lockstep verify --repair` does it now"
        guard hasChangeStreams else {
            return
                "`lockstep run` computes it within \(Terminal.duration(reconcileEvery)) (`reconcileEvery`); \(now)"
        }
        let seen = "`lockstep run` computes every document that is new or has a change event"
        guard let every else {
            return "\(seen), and no other, since `auditEvery` is off; \(now)"
        }
        return
            "\(seen); its audit finds the others within \(Terminal.duration(every)) (`auditEvery`); \(now)"
    }

    private static func date(_ milliseconds: Int64) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }
}
