/// What a daemon is about to do for one listener, and what that takes.
package struct ListenerPlan: Sendable, Hashable {
    /// The listener's id.
    package let listener: String
    package let documents: Int
    package let toCompute: Int
    /// Different inputs among them; inputs that another listener writes first count as different.
    package let distinct: Int
    /// They are too many to be told apart one by one.
    package let isEstimate: Bool
    /// Different inputs that the memo answers; nil where there is none.
    package let remembered: Int?
    /// To be paid for, by estimate; nil when the model takes no texts, or its texts are not written yet.
    package let tokens: Int?
    /// Nil when the model has no price, or the tokens are not known.
    package let price: Double?
    /// Nil when nobody knows how fast the model is.
    package let seconds: Double?
    /// Outputs of documents that have no input any more.
    package let removals: Int
}

/// What is known of a model beside the documents.
package struct PlanFacts: Sendable {
    package var terms: ModelTerms
    /// Tokens are of interest.
    package var countsTokens: Bool
    /// Of a sample of the different inputs, the share that the memo answers.
    package var remembered: Double?
    /// Tokens of an input so far, by the model's own count, and how many inputs that is the mean of.
    package var counted: (tokensPerInput: Double, inputs: Int)?
    /// Inputs a second, by what a daemon measures.
    package var perSecond: Double?

    package init(
        terms: ModelTerms = ModelTerms(), countsTokens: Bool = false, remembered: Double? = nil,
        counted: (tokensPerInput: Double, inputs: Int)? = nil, perSecond: Double? = nil
    ) {
        self.terms = terms
        self.countsTokens = countsTokens
        self.remembered = remembered
        self.counted = counted
        self.perSecond = perSecond
    }
}

extension ListenerPlan {
    package init(_ listener: String, _ tally: PlanTally, _ facts: PlanFacts) {
        let different = tally.distinct.count
        // With a memo equal inputs are asked once, and those that it holds not at all.
        let asked = facts.terms.hasMemo ? 1 - (facts.remembered ?? 0) : 1
        let (inputs, texts) =
            facts.terms.hasMemo
            ? (different, tally.distinct.tokens) : (tally.toCompute - tally.later, tally.tokens)
        let isKnown = facts.countsTokens && tally.later == 0
        let tokens = isKnown ? Double(texts) * asked * Self.correction(tally, facts) : nil
        self.listener = listener
        documents = tally.documents
        toCompute = tally.toCompute
        distinct = different + tally.later
        isEstimate = tally.distinct.isEstimate
        remembered = facts.remembered.map { Int((Double(different) * $0).rounded()) }
        self.tokens = tokens.map { Int($0.rounded()) }
        price =
            if let price = facts.terms.price, let tokens { tokens / 1e6 * price } else { nil }
        let calls = Double(inputs) * asked + Double(tally.later)
        seconds = Self.seconds(inputs: calls, tokens: tokens, facts)
        removals = tally.removals
    }

    /// Inputs on either side, for their means to be of the same texts.
    private static let enough = 50

    /// The model's own count for one token that is estimated, by the documents that it has computed.
    private static func correction(_ tally: PlanTally, _ facts: PlanFacts) -> Double {
        guard let counted = facts.counted, counted.inputs >= enough, tally.known.inputs >= enough,
            tally.known.tokens > 0
        else { return 1 }
        let estimated = Double(tally.known.tokens) / Double(tally.known.inputs)
        // More is another kind of texts than an error of the estimate.
        return min(2, max(0.5, counted.tokensPerInput / estimated))
    }

    /// By what was measured, and not faster than the ceilings of the account.
    private static func seconds(inputs: Double, tokens: Double?, _ facts: PlanFacts) -> Double? {
        if inputs == 0 { return 0 }
        guard let perSecond = facts.perSecond, perSecond > 0 else { return nil }
        let measured = inputs / perSecond
        guard let rate = facts.terms.tokens, rate.count > 0, let tokens else { return measured }
        return max(measured, tokens / Double(rate.count) * (rate.period / .seconds(1)))
    }
}
