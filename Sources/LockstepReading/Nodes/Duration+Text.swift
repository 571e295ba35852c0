extension Duration {
    /// A length of time as people write it: `500ms`, `30s`, `1.5m`, `1h30m`, `2d`. Nil when it is none.
    package init?(written text: String) {
        var rest = Substring(text)
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let amount = Double(number), let seconds = Self.secondsOfUnit[unit] else { return nil }
            total += amount * seconds
        }
        // A hundred years: more is a slip, and would not fit a timer.
        guard total <= 100 * 365 * 86400 else { return nil }
        self = .milliseconds((total * 1000).rounded())
    }

    private static let secondsOfUnit: [Substring: Double] = [
        "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400,
    ]
}
