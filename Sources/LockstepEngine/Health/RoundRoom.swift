import LockstepCore
import Synchronization

/// How many rounds of an account work at once: more than it takes calls, so that some read and store while others ask;
/// not many more, since each holds its documents in memory.
final class RoundRoom: Sendable {
    private let working = Mutex(0)
    private let calls: @Sendable () -> Int

    /// - Parameter calls: that the account takes at once; asked anew each time.
    init(calls: @escaping @Sendable () -> Int) {
        self.calls = calls
    }

    /// For so many calls at once.
    static func rounds(forCalls calls: Int) -> Int { calls + calls / 2 + 2 }

    /// Whether so many documents are worth a round now; counts it if so. One that could not ask at once is worth it only
    /// when it is full: those that come meanwhile would have a call of their own.
    func admits(_ ready: Int, _ limits: RoundLimits) -> Bool {
        let calls = calls()
        return working.withLock { working in
            let isFull = ready >= min(limits.live, limits.scan)
            guard working < (isFull ? Self.rounds(forCalls: calls) : calls) else { return false }
            working += 1
            return true
        }
    }

    func leave() {
        working.withLock { $0 -= 1 }
    }
}
