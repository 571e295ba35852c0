/// Whether a model answers each input by itself: at its own place, and whatever stands beside it.
package struct NeighbourTrial: Sendable {
    /// One request of several inputs.
    package struct Batch: Sendable {
        /// The number of the text at each place.
        package let order: [Int]
        package let answers: [ProbeAnswer]

        package init(order: [Int], answers: [ProbeAnswer]) {
            self.order = order
            self.answers = answers
        }
    }

    /// By the number of the text, each asked in a request of its own.
    package let alone: [ProbeAnswer]
    /// The first text in a second request of its own.
    package let again: ProbeAnswer
    package let batches: [Batch]

    package init(alone: [ProbeAnswer], again: ProbeAnswer, batches: [Batch]) {
        self.alone = alone
        self.again = again
        self.batches = batches
    }

    /// Lower: what stands beside a text changes its vector more than arithmetic does.
    package static let kept = 0.9999
    /// Lower: the model gives other vectors to the same text, each time.
    package static let same = 0.99
    /// Higher: two vectors cannot be told apart.
    package static let equal = 0.999_999
}

/// What a trial of neighbours shows; nil where it shows nothing.
package struct NeighbourVerdict: Sendable, Hashable {
    package var keepsOrder: Bool?
    package var keepsSingles: Bool?
    /// The lowest cosine between a text alone and the same text among others; nil where answers are no vectors.
    package var worst: Double?
    /// Why something is not known.
    package var remark: String?

    package init(
        keepsOrder: Bool? = nil, keepsSingles: Bool? = nil, worst: Double? = nil, remark: String? = nil
    ) {
        self.keepsOrder = keepsOrder
        self.keepsSingles = keepsSingles
        self.worst = worst
        self.remark = remark
    }
}

extension NeighbourTrial {
    package var verdict: NeighbourVerdict {
        guard let first = alone.first, first.likeness(to: again) >= Self.same else {
            return NeighbourVerdict(remark: "it gives another answer to the same text each time")
        }
        let canBeTold = alone.indices.contains { one in
            alone.indices.contains { $0 > one && alone[one].likeness(to: alone[$0]) < Self.equal }
        }
        var keepsOrder = true
        var worst = 1.0
        for batch in batches {
            for (text, answer) in zip(batch.order, batch.answers) {
                let own = answer.likeness(to: alone[text])
                let nearest = alone.map { answer.likeness(to: $0) }.max() ?? own
                if own < nearest - 1e-9 { keepsOrder = false }
                // Where the places are mixed up, the answer still belongs to some text.
                worst = min(worst, nearest)
            }
        }
        let isVector = first.vector != nil
        return NeighbourVerdict(
            keepsOrder: canBeTold ? keepsOrder : nil, keepsSingles: worst >= Self.kept,
            worst: isVector ? worst : nil,
            remark: canBeTold ? nil : "it gives all texts the same answer, so that their order cannot be seen"
        )
    }
}
