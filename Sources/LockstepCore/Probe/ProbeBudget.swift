/// What a probe may spend.
package struct ProbeBudget: Sendable, Hashable {
    package var tokens: Int
    package var time: Duration

    /// - Parameters:
    ///   - tokens: default 200,000.
    ///   - time: from the first answer on. Default 60 s; a call in flight is waited for.
    package init(tokens: Int = 200_000, time: Duration = .seconds(60)) {
        self.tokens = tokens
        self.time = time
    }
}

/// The parts of a probe, in their order: what one leaves is for those behind it.
package enum ProbeStep: String, Sendable, CaseIterable {
    case neighbours, cut, inputs, tokens, throughput

    /// For people.
    package var text: String {
        switch self {
        case .neighbours: "whether order and single inputs are kept"
        case .cut: "where texts are cut"
        case .inputs: "how many inputs one request takes"
        case .tokens: "how many tokens one request takes"
        case .throughput: "calls a second"
        }
    }

    /// Of the whole budget, with the parts before it.
    fileprivate var share: (tokens: Double, time: Double) {
        switch self {
        case .neighbours: (0.3, 0.3)
        case .cut: (0.5, 0.5)
        case .inputs: (0.62, 0.65)
        case .tokens: (0.8, 0.8)
        case .throughput: (1, 1)
        }
    }
}

/// What a probe has spent.
package struct ProbeSpending: Sendable, Hashable {
    package private(set) var calls = 0
    package private(set) var inputs = 0
    /// By the model's own count where it gives one, else by estimate.
    package private(set) var tokens = 0
    private var estimated = 0
    private var counted = 0

    package init() {}

    /// - Parameters:
    ///   - estimate: of the tokens, before the call.
    ///   - count: the model's own; nil when it gives none.
    package mutating func add(inputs: Int, estimate: Int, count: Int?) {
        calls += 1
        self.inputs += inputs
        tokens += count ?? estimate
        guard let count else { return }
        estimated += estimate
        counted += count
    }

    /// The model counts its tokens.
    package var isCounted: Bool { counted > 0 }

    /// An estimate corrected by what the model has counted so far.
    package func tokens(estimate: Int) -> Int {
        guard counted > 0, estimated > 0 else { return estimate }
        return max(1, estimate * counted / estimated)
    }
}

extension ProbeBudget {
    /// Whether a step may ask for so many tokens more.
    package func allows(
        _ estimate: Int, in step: ProbeStep, after spending: ProbeSpending, elapsed: Duration
    ) -> Bool {
        let share = step.share
        let wanted = spending.tokens + spending.tokens(estimate: estimate)
        return Double(wanted) <= Double(tokens) * share.tokens && elapsed < time * share.time
    }

    /// What is left of a step's share.
    package func left(in step: ProbeStep, after spending: ProbeSpending) -> Int {
        max(0, Int(Double(tokens) * step.share.tokens) - spending.tokens)
    }
}
