import Foundation

/// Amounts in the currency of the user's bill, which is not known.
enum Price {
    /// As `12.50`, or with more digits where it is less than one.
    static func text(_ amount: Double) -> String {
        switch amount {
        case 0: "0"
        case ..<0.0001: "less than 0.0001"
        case ..<1: number(amount, digits: 4)
        default: number(amount, digits: 2)
        }
    }

    private static func number(_ amount: Double, digits: Int) -> String {
        amount.formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(
                Locale(identifier: "en_US_POSIX")))
    }
}
