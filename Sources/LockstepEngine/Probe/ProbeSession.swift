import LockstepCore
import Synchronization

/// The requests of one probe: counts them, keeps to the pace of the account, waits when the model asks to.
final class ProbeSession: Sendable {
    /// What a request brought, once all waiting is over.
    enum Result: Sendable {
        case answered([ProbeAnswer], usage: Usage)
        case refused(String)
        /// It may not be asked any more in this step, or cannot be reached.
        case ended(String)
    }

    private struct State {
        var spending = ProbeSpending()
        var norms = ProbeFindings.Norms()
        var lengths: Set<Int> = []
        var bytes = 0
    }

    let model: any Provider
    private let input: ProbeInput
    private let budget: ProbeBudget
    private let pace: Mutex<CallPace>
    private let state = Mutex(State())
    private let began = ContinuousClock.now

    init(_ model: any Provider, _ input: ProbeInput, _ budget: ProbeBudget) {
        self.model = model
        self.input = input
        self.budget = budget
        pace = Mutex(CallPace(model.terms))
    }

    private var elapsed: Duration { .now - began }

    var spending: ProbeSpending { state.withLock { $0.spending } }
    /// Of the vectors so far.
    var norms: ProbeFindings.Norms { state.withLock { $0.norms } }
    /// Numbers of elements of the vectors so far.
    var lengths: Set<Int> { state.withLock { $0.lengths } }

    var bytesPerToken: Double {
        state.withLock { $0.spending.tokens > 0 ? Double($0.bytes) / Double($0.spending.tokens) : 4 }
    }

    static func estimate(_ texts: [String]) -> Int {
        texts.reduce(0) { $0 + TokenEstimate.of($1) }
    }

    func allows(_ tokens: Int, in step: ProbeStep) -> Bool {
        budget.allows(tokens, in: step, after: spending, elapsed: elapsed) && !Task.isCancelled
    }

    func left(in step: ProbeStep) -> Int {
        budget.left(in: step, after: spending)
    }
}

// MARK: Asking

extension ProbeSession {
    /// Times that the model may ask to wait, for one request.
    private static let patience = 4

    /// Asks until there is an answer, a refusal, or no time.
    func ask(_ texts: [String], in step: ProbeStep) async -> Result {
        let estimate = Self.estimate(texts)
        guard allows(estimate, in: step) else {
            return .ended("no more is asked: the limits of this probe are reached")
        }
        for _ in 0..<Self.patience {
            switch await askOnce(texts) {
            case .answered(let answers, _, let usage): return .answered(answers, usage: usage)
            case .refused(let reason): return .refused(reason)
            case .wait(let time, let reason):
                let pause = time ?? .seconds(1)
                guard allows(estimate, in: step), elapsed + pause < budget.time else { return .ended(reason) }
                try? await Task.sleep(for: pause)
            case .out(let reason):
                // What breaks it is the request, if it answers a small one.
                guard case .answered = await askOnce([ProbeText.text(0, words: 3)]) else {
                    return .ended(reason)
                }
                return .refused(reason)
            }
        }
        return .ended("it asks to wait again and again")
    }

    /// One request, at its time.
    func askOnce(_ texts: [String]) async -> ProbeReply {
        let estimate = Self.estimate(texts)
        let pause = pace.withLock { $0.wait(at: elapsed / .seconds(1), tokens: estimate) }
        if pause > 0 { try? await Task.sleep(for: .seconds(pause)) }
        let reply = await ProbeReply.asking(model, texts, input)
        state.withLock { state in
            guard case .answered(let answers, _, let usage) = reply else {
                state.spending.add(inputs: texts.count, estimate: 0, count: nil)
                return
            }
            state.spending.add(inputs: texts.count, estimate: estimate, count: usage.tokens)
            state.bytes += texts.reduce(0) { $0 + $1.utf8.count }
            for answer in answers {
                guard let norm = answer.norm, let length = answer.vector?.count else { continue }
                state.lengths.insert(length)
                state.norms.add(norm)
            }
        }
        return reply
    }
}
