/// How many calls in flight a service takes: found by adding one a round trip, and by halving when it refuses some
/// (additive increase, multiplicative decrease, as TCP does: Chiu and Jain, 1989; Jacobson, 1988).
///
/// Where it was refused is kept, so that it comes near that size quickly and tries what lies beyond only now and then:
/// each try costs refused calls. A size below one is a pause between calls.
package struct CallWindow: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// Never more.
    package var ceiling: Int {
        didSet { size = min(size, Double(ceiling)) }
    }
    package private(set) var size: Double
    /// The size up to which it was not refused when it was last refused; nil before.
    private var stable: Double?
    /// When it was refused last: what was begun before tells nothing new.
    private var refusedAt: Instant?
    /// How long it stays at what is stable, before it tries more.
    private var patience = Self.firstPatience
    private var usedAt: Instant?
    /// A call was answered since it was refused last.
    private var isAnswered = true

    /// To begin with.
    package static let first = 2.0
    private static let least = 1.0 / 1024
    /// Between two tries of more: doubled each time that one is refused.
    private static let (firstPatience, longestPatience) = (Duration.seconds(30), Duration.seconds(600))
    /// … and so many times what the service wants to be left alone for after one, at first.
    private static let pauses = 60.0
    /// After so long without a call it begins small again: nobody knows how the service is by now.
    private static let idle = Duration.seconds(60)

    package init(ceiling: Int) {
        self.ceiling = max(1, ceiling)
        size = min(Self.first, Double(self.ceiling))
    }

    /// Calls that may be in flight at once.
    package var calls: Int { max(1, Int(size)) }

    /// A call begins, beside that many others.
    package mutating func began(besides others: Int, at now: Instant) {
        if others == 0, let usedAt, now - usedAt >= Self.idle { size = min(size, Self.first) }
        usedAt = now
    }

    /// A call was answered while so many were in flight, itself among them: more than that were not needed, mostly.
    package mutating func answered(inFlight: Int, at now: Instant) {
        usedAt = now
        isAnswered = true
        guard inFlight >= calls else { return }
        guard let stable else {
            // Doubles with each round trip until it is refused.
            return grow(to: size + 1)
        }
        if size < stable {
            return grow(to: min(stable, size < 1 ? size * 1.1 : size + max(1, stable / 16) / size))
        }
        guard let refusedAt, now - refusedAt >= patience else { return }
        grow(to: size < 1 ? size * 1.02 : size + 1 / size)
        // It takes far more than before: what was known of it is old.
        if size > 1.5 * stable { (self.stable, patience) = (size, Self.firstPatience) }
    }

    /// A call was refused that was begun then. All that were in flight at once are one event.
    ///
    /// - Parameters:
    ///   - others: calls in flight when it began.
    ///   - pause: what the service wants until the next call.
    package mutating func refused(
        began: Instant, besides others: Int, pause: Duration = .zero, at now: Instant
    ) {
        usedAt = now
        if let refusedAt, began <= refusedAt {
            // The others are taken, as it seems; where most are refused, that tells nothing.
            stable = stable.map { min($0, max(size, Double(others))) }
            return
        }
        refusedAt = now
        // It takes no call at all for now: that tells nothing of how many it takes.
        // mechanism window-outage, off: isAnswered becomes true
        guard isAnswered else { return }
        isAnswered = false
        let wasStable = stable.map { size <= $0 } ?? false
        let first = max(Self.firstPatience, pause * Self.pauses)
        patience = min(Self.longestPatience, stable == nil || wasStable ? first : max(first, patience * 2))
        // Where even that was refused which was thought stable, it is less by far.
        stable =
            wasStable
            ? max(Self.least, size * 0.75)
            : size >= 2
                ? max(size / 2, min(size - 1, size * 0.95, Double(others))) : max(Self.least, size * 0.8)
        size = max(Self.least, size / 2)
    }

    private mutating func grow(to new: Double) {
        size = min(new, Double(ceiling))
    }
}
