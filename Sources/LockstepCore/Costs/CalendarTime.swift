/// A moment in the calendar of UTC, to the hour: periods of budgets and days of the ledger are cut there.
package struct CalendarTime: Hashable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int

    private static let dayLength: Int64 = 86_400_000

    /// - Parameter milliseconds: since 1970.
    package init(milliseconds: Int64) {
        let days = Int((Double(milliseconds) / Double(Self.dayLength)).rounded(.down))
        hour = Int((milliseconds - Int64(days) * Self.dayLength) / 3_600_000)
        // Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that begin in March, in eras of 400.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        day = ofYear - (153 * march + 2) / 5 + 1
        month = march < 10 ? march + 3 : march - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// As `2026-11-29`.
    package var dayText: String { "\(monthText)-\(Self.two(day))" }
    /// As `2026-11`.
    package var monthText: String { "\(year)-\(Self.two(month))" }
    /// As `05`.
    package var hourText: String { Self.two(hour) }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Budget.Period {
    /// When the next one begins, as `2026-11-29T00:00Z`.
    package func end(after milliseconds: Int64) -> (milliseconds: Int64, text: String) {
        let hours = milliseconds / 3_600_000
        var next = milliseconds
        switch self {
        case .hour: next = (hours + 1) * 3_600_000
        case .day: next = (hours / 24 + 1) * 86_400_000
        case .month:
            let month = CalendarTime(milliseconds: milliseconds).month
            next = (hours / 24 + 1) * 86_400_000
            while CalendarTime(milliseconds: next).month == month { next += 86_400_000 }
        }
        let time = CalendarTime(milliseconds: next)
        return (next, "\(time.dayText)T\(time.hourText):00Z")
    }

    /// When the present one began, in milliseconds since 1970.
    package func start(at milliseconds: Int64) -> Int64 {
        let hour = milliseconds / 3_600_000 * 3_600_000
        let day = milliseconds / 86_400_000 * 86_400_000
        return switch self {
        case .hour: hour
        case .day: day
        case .month: day - Int64(CalendarTime(milliseconds: milliseconds).day - 1) * 86_400_000
        }
    }

    /// Two moments lie in one period when this is the same.
    package func name(of time: CalendarTime) -> String {
        switch self {
        case .hour: "\(time.dayText)T\(time.hourText)"
        case .day: time.dayText
        case .month: time.monthText
        }
    }
}
