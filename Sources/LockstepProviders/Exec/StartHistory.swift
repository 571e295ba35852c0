/// The starts of one program, of all its workers together: when the next one may be.
///
/// A start that brings no answer is followed by a pause that grows, and while none brings one, one program at a time
/// is tried. The first answer of a start ends that.
struct StartHistory {
    /// Starts in a row that may break on what they are asked before there is a pause: a batch that fails, and some of its
    /// inputs alone, to see whether it is the batch.
    static let burst = 4
    /// Seconds of the first pause and of the longest.
    static let firstPause = 0.5
    static let longestPause = 30.0

    /// Why the last start brought no answer, as the first of its kind has put it: so all who ask hear the same.
    private(set) var failure: (kind: String, reason: String)?
    private var pauses = 0
    private var left = Self.burst
    private var notBefore: SuspendingClock.Instant?
    private var isTrying = false

    /// Asks for a start. Nil when it may be; else why not.
    mutating func refusal(_ now: SuspendingClock.Instant) -> String? {
        guard let failure else { return nil }
        if isTrying { return failure.reason }
        if let notBefore, now < notBefore { return failure.reason }
        isTrying = true
        return nil
    }

    /// A start brought no answer.
    ///
    /// - Parameters:
    ///   - kind: what failures have in common though they say different things: `exited with status 1`.
    ///   - isOutage: no input can be to blame.
    /// - Returns: the reason to give.
    mutating func failed(
        _ kind: String, _ reason: String, isOutage: Bool, _ now: SuspendingClock.Instant
    ) -> String {
        isTrying = false
        left -= 1
        if isOutage || left <= 0 {
            let pause = Self.firstPause * Double(1 << min(pauses, 10))
            notBefore = now + .seconds(min(pause, Self.longestPause))
            pauses += 1
            left = Self.burst
        }
        if let failure, failure.kind == kind { return failure.reason }
        failure = (kind, reason)
        return reason
    }

    /// A start has answered its first request.
    mutating func answered() {
        self = Self()
    }

    /// Nobody waits for the start any more.
    mutating func wasGivenUp() {
        isTrying = false
    }
}
