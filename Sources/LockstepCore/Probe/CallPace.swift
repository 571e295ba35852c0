/// Keeps calls under the ceilings of an account: says how long the next one has to wait.
package struct CallPace: Sendable {
    private let secondsPerCall: Double
    private let secondsPerToken: Double
    private var free = 0.0

    package init(_ terms: ModelTerms) {
        secondsPerCall = terms.requests.map(Self.seconds) ?? 0
        secondsPerToken = terms.tokens.map(Self.seconds) ?? 0
    }

    private static func seconds(_ rate: Rate) -> Double {
        rate.count > 0 ? (rate.period / .seconds(1)) / Double(rate.count) : 0
    }

    /// - Parameters:
    ///   - now: seconds by any clock.
    ///   - tokens: of the call.
    /// - Returns: seconds to wait; the call counts as made then.
    package mutating func wait(at now: Double, tokens: Int) -> Double {
        let start = max(now, free)
        free = start + max(secondsPerCall, secondsPerToken * Double(tokens))
        return start - now
    }
}
