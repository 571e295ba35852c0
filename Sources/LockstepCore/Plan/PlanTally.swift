import MongoBSON

/// Adds up what a daemon is about to do for one listener.
package struct PlanTally: Sendable {
    /// Documents with an input, those that are about to get one among them.
    package private(set) var documents = 0
    package private(set) var toCompute = 0
    package private(set) var removals = 0
    /// Of those to be computed: their input is written by another listener first.
    package private(set) var later = 0
    /// Of all inputs, equal ones as often as they come.
    package private(set) var tokens = 0
    package private(set) var distinct: DistinctInputs
    /// Inputs with a fresh output, and their tokens by the same estimate.
    package private(set) var known = (inputs: 0, tokens: 0)
    private let countsTokens: Bool
    /// Of what the model is sent for each input beside it, and how often it is sent the input.
    private let framing: (tokens: Int, repeats: Int)

    /// - Parameters:
    ///   - countsTokens: the model takes texts, or is paid by the token.
    ///   - frame: what the model is sent for each input beside it.
    ///   - bound: different inputs that are held.
    package init(countsTokens: Bool, frame: InputFrame = .none, bound: Int = 1 << 16) {
        self.countsTokens = countsTokens
        framing = (frame.tokens, frame.repeats)
        distinct = DistinctInputs(bound: bound)
    }

    /// - Parameter input: as it is now; nil where there is none.
    package mutating func add(_ work: PlannedWork, input: [BSONValue]?) {
        switch work {
        case .nothing:
            guard let input else { return }
            documents += 1
            known.inputs += 1
            known.tokens += estimate(input)
        case .remove: removals += 1
        case .computeLater:
            documents += 1
            toCompute += 1
            later += 1
        case .compute(let values, let fingerprint):
            documents += 1
            toCompute += 1
            let tokens = estimate(values)
            self.tokens += tokens
            distinct.add(fingerprint, tokens: tokens)
        }
    }

    private func estimate(_ values: [BSONValue]) -> Int {
        guard countsTokens, let tokens = TokenEstimate.of(values) else { return 0 }
        return tokens * framing.repeats + framing.tokens
    }
}
