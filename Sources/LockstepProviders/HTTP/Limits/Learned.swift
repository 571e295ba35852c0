import LockstepCore

/// What a server has taught about itself: limits, how many tokens its texts have, what it does not take.
///
/// A value without a clock; the time comes with what needs it.
struct Learned {
    /// Of one request, where a refusal has told or shown them.
    private(set) var inputs: Int?
    private(set) var tokens: Int?
    private(set) var bytes: Int?
    /// Of one text.
    private(set) var textTokens: Int?
    private var estimate = TokenEstimate()
    /// Bytes of texts for each token, as few as seen lately.
    private(set) var bytesPerToken = 3.2
    /// It has answered at least one request.
    private(set) var hasAnswered = false
    /// It gives vectors as numbers alone.
    var refusesBase64 = false
    /// Requests to wait in a row that did not say how long, and until when the last one waits.
    private var untoldWaits = 0
    private var waitsUntil: ContinuousClock.Instant?

    /// About how many tokens a text has, by the provider's own counts.
    func tokens(of text: String) -> Double {
        estimate.tokens(of: text)
    }

    /// - Parameter tokens: by the provider's own count.
    mutating func answered(_ texts: [String], tokens: Int?) {
        hasAnswered = true
        untoldWaits = 0
        guard let tokens, tokens > 0 else { return }
        let size = texts.reduce(0) { $0 + $1.utf8.count }
        // Few letters tell little: special tokens count for more.
        guard size >= 200 else { return }
        let share = min(1, Double(size) / 20_000)
        estimate.measured(tokens, of: texts, weight: 0.3 * share)
        // What comes next may be denser than what came: few bytes are believed at once, many slowly.
        let ratio = min(max(Double(size) / Double(tokens), 0.5), 20)
        bytesPerToken += (ratio - bytesPerToken) * (ratio < bytesPerToken ? 0.5 : 0.05) * share
    }

    /// A request was too large.
    ///
    /// - Parameters:
    ///   - count: of its inputs.
    ///   - size: their bytes.
    mutating func tooLarge(_ measure: Refusal.Measure, count: Int, size: Int) {
        switch measure {
        case .inputs(let limit):
            // A limit that does not explain the refusal is none.
            let told = limit.flatMap { $0 > 0 && $0 < count ? $0 : nil }
            inputs = min(inputs ?? .max, max(1, told ?? count / 2))
        case .tokens(let limit?) where limit > 0:
            tokens = min(tokens ?? .max, limit)
            // It was cut to that size by an estimate: texts are denser than it says.
            bytesPerToken = min(bytesPerToken, Double(size) / Double(limit)) * 0.9
        case .tokens, .bytes: bytes = min(bytes ?? .max, max(1, size / 2))
        }
    }

    mutating func tooLong(limit: Int?) {
        guard let limit, limit > 0 else { return }
        textTokens = min(textTokens ?? .max, limit)
    }

    /// How long to wait where the server does not say: each time longer. Those that are refused together are one time.
    mutating func pause(at now: ContinuousClock.Instant) -> Duration {
        if let waitsUntil, waitsUntil > now { return waitsUntil - now }
        let pause = Duration.milliseconds(min(30_000, 500 << min(untoldWaits, 6)))
        untoldWaits += 1
        waitsUntil = now + pause
        return pause
    }

    /// How much goes into one request now.
    ///
    /// - Parameters:
    ///   - most: as the API and the configuration have it.
    ///   - tokens: that one request takes, as the API says.
    func limits(_ most: BatchLimits, tokens documented: Int?) -> BatchLimits {
        let tokens = [tokens, documented].compactMap { $0 }.min()
        let bytesOfTokens = tokens.map { max(1, Int(Double($0) * bytesPerToken * 0.9)) }
        return BatchLimits(
            count: min(most.count, inputs ?? .max),
            bytes: [most.bytes, bytes ?? .max, bytesOfTokens ?? .max].min() ?? most.bytes,
            concurrency: most.concurrency)
    }
}
