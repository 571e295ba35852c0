import MongoBSON

/// An hour of the calendar of UTC, as the ledger keeps it.
package struct LedgerHour: Hashable, Sendable, Comparable {
    package let time: CalendarTime

    package init(milliseconds: Int64) {
        time = CalendarTime(milliseconds: milliseconds)
    }

    /// As `2026-11-29`.
    package var day: String { time.dayText }
    /// As `05`.
    package var hour: String { time.hourText }

    package static func < (left: LedgerHour, right: LedgerHour) -> Bool {
        (left.day, left.hour) < (right.day, right.hour)
    }
}

/// Something to add to the ledger.
package struct LedgerEntry: Hashable, Sendable {
    /// Tells whether it was added already, when the answer to an attempt was lost.
    package let id: BSONValue
    package let model: String
    package let hour: LedgerHour
    package let counts: LedgerCounts

    package init(model: String, hour: LedgerHour, counts: LedgerCounts) {
        id = .objectID()
        self.model = model
        self.hour = hour
        self.counts = counts
    }
}
