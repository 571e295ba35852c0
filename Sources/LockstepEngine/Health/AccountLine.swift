import LockstepCore
import Synchronization

/// Those who wait for a call of an account: the first in line goes when the account may be called.
final class AccountLine: Sendable {
    fileprivate struct State {
        var pacing: Pacing
        /// In order. Only the first may go.
        var tickets: [Int] = []
        var parked: [Int: CheckedContinuation<Void, Never>] = [:]
        var last = 0
        /// No call fits before then: who comes is sent away.
        var fullUntil: ContinuousClock.Instant?
    }

    private enum Step {
        case go(Pacing.Call)
        case sleep(until: ContinuousClock.Instant)
        case park
        case sendAway(until: ContinuousClock.Instant)
    }

    private let state: Mutex<State>

    /// Who would wait longer for a rate is sent away, and its documents wait in the queue.
    private static let patience = Duration.seconds(2)

    init(_ pacing: Pacing) {
        state = Mutex(State(pacing: pacing))
    }

    /// Waits for a turn.
    ///
    /// - Throws: ``AccountHeld`` when that would take long; `CancellationError`.
    func enter(tokens: Double) async throws -> Pacing.Call {
        let ticket = state.withLock { state in
            state.last += 1
            state.tickets.append(state.last)
            return state.last
        }
        do {
            while true {
                try Task.checkCancellation()
                switch step(ticket, tokens) {
                case .go(let call): return call
                case .sleep(let until): try await Task.sleep(until: until, clock: .continuous)
                case .park: await park(ticket, tokens)
                case .sendAway(let until): throw AccountHeld(until: until)
                }
            }
        } catch {
            change { $0.tickets.removeAll { $0 == ticket } }
            throw error
        }
    }

    func leave(_ call: Pacing.Call, _ ending: Pacing.Ending) {
        change { $0.pacing.ended(call, ending, at: .now) }
    }

    func join(_ limits: BatchLimits, _ terms: ModelTerms) {
        change { $0.pacing.join(limits, terms) }
    }

    private func step(_ ticket: Int, _ tokens: Double) -> Step {
        change { state in
            guard state.tickets.first == ticket else { return .park }
            let now = ContinuousClock.now
            switch state.pacing.decide(tokens: tokens, at: now) {
            case .full: return .park
            case .wait(let until) where until - now > Self.patience:
                if state.pacing.isHeld(until: now) == nil { state.fullUntil = until }
                return .sendAway(until: until)
            case .wait(let until): return .sleep(until: until)
            case .go:
                state.tickets.removeFirst()
                return .go(state.pacing.begin(tokens: tokens, at: now))
            }
        }
    }

    private func park(_ ticket: Int, _ tokens: Double) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    // Since it was told to wait, its turn may have come.
                    if Task.isCancelled || state.tickets.first == ticket && state.hasRoom { return true }
                    state.parked[ticket] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.parked.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// Changes something and wakes the first in line.
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, woken) =
            state.withLock { state in
                let result = body(&state)
                guard let first = state.tickets.first, state.hasRoom else { return (result, nil) }
                return (result, state.parked.removeValue(forKey: first))
            } as (Result, CheckedContinuation<Void, Never>?)
        woken?.resume()
        return result
    }
}

extension AccountLine {
    /// Until when no call may begin, as far as is known.
    func holdsUntil(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.withLock { state in
            [state.pacing.isHeld(until: now), state.fullUntil.flatMap { $0 > now ? $0 : nil }]
                .compactMap { $0 }.max()
        }
    }

    /// Calls in flight, and those that wait.
    var load: (inFlight: Int, waiting: Int) {
        state.withLock { ($0.pacing.inFlight, $0.tickets.count) }
    }

    /// Calls that may be in flight at once, now and ever.
    var calls: (now: Int, most: Int) {
        state.withLock { ($0.pacing.calls, $0.pacing.mostCalls) }
    }
}

extension AccountLine.State {
    fileprivate var hasRoom: Bool { pacing.inFlight < pacing.calls }
}
