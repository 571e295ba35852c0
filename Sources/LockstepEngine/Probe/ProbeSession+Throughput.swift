import LockstepCore
import Synchronization

extension ProbeSession {
    private static let mostCalls = 64
    /// How long calls are begun, for each number of them at once.
    private static let time = Duration.seconds(1.5)
    private static let words = 16
    /// Calls for each number of them at once, and the share of the tokens that are left, at most.
    private static let calls = 1000
    private static let share = 4

    /// Measures calls a second, of one short text each, with more and more of them at once.
    func throughput(_ remarks: inout [String]) async -> ConcurrencyRamp {
        var ramp = ConcurrencyRamp(upTo: model.terms.concurrency ?? Self.mostCalls)
        let estimate = Self.estimate([ProbeText.text(0, words: Self.words)])
        while let concurrency = ramp.next {
            guard calls(estimate) > 0, allows(estimate * concurrency, in: .throughput) else {
                remarks.append("more calls at once are not tried: the limits of this probe are reached")
                ramp.stop()
                break
            }
            let measured = await measure(concurrency, estimate)
            ramp.measured(perSecond: measured.perSecond, asksToWait: measured.trouble != nil)
            if let trouble = measured.trouble {
                remarks.append("with \(concurrency) calls at once: \(trouble)")
            }
        }
        return ramp
    }

    /// Calls for one number of them at once: a fast model leaves something to larger numbers.
    private func calls(_ estimate: Int) -> Int {
        min(Self.calls, left(in: .throughput) / Self.share / max(1, estimate))
    }

    private func measure(_ concurrency: Int, _ estimate: Int) async -> (perSecond: Double, trouble: String?) {
        let began = ContinuousClock.now
        let tally = CallTally(most: calls(estimate))
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<concurrency {
                group.addTask {
                    var number = lane
                    while .now - began < Self.time, self.allows(estimate, in: .throughput),
                        tally.begin()
                    {
                        tally.count(await self.askOnce([ProbeText.text(number, words: Self.words)]))
                        number += concurrency
                    }
                }
            }
        }
        return (tally.perSecond(since: began), tally.trouble)
    }
}

/// What calls side by side have brought.
private final class CallTally: Sendable {
    private struct State {
        var begun = 0
        var calls = 0
        var last: ContinuousClock.Instant?
        var trouble: String?
    }

    private let state = Mutex(State())
    private let most: Int

    init(most: Int) {
        self.most = most
    }

    /// Whether one more call is to be made.
    func begin() -> Bool {
        state.withLock { state in
            guard state.trouble == nil, state.begun < most else { return false }
            state.begun += 1
            return true
        }
    }

    /// Why the model was not asked any more; nil when it was.
    var trouble: String? { state.withLock { $0.trouble } }

    func count(_ reply: ProbeReply) {
        state.withLock { state in
            switch reply {
            case .answered:
                state.calls += 1
                state.last = .now
            case .refused(let reason), .wait(_, let reason), .out(let reason): state.trouble = reason
            }
        }
    }

    func perSecond(since began: ContinuousClock.Instant) -> Double {
        state.withLock { state in
            guard let last = state.last else { return 0 }
            return Double(state.calls) / max((last - began) / .seconds(1), 1e-6)
        }
    }
}
