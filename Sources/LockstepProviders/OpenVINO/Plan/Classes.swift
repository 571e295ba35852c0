import Foundation
import MongoBSON

/// The labels of a classifier of texts, and how its numbers become scores.
struct Classes: Hashable, Sendable {
    enum Scores: Hashable, Sendable {
        /// One of them is right: they add up to 1.
        case softmax
        /// Each may be right.
        case sigmoid
        /// A number is what is asked for, as with a regression.
        case plain
    }

    static let output = "logits"

    let labels: [Int: String]
    let scores: Scores

    init(labels: [Int: String], scores: Scores) {
        self.labels = labels
        self.scores = scores
    }

    /// Nil when the model gives vectors.
    init?(_ files: EncoderFiles, outputs: Set<String>) throws(PlanProblem) {
        guard outputs.contains(Self.output) else { return nil }
        let name = files.architectures.first ?? "a model"
        guard name.hasSuffix("ForSequenceClassification") else {
            let task =
                name.hasSuffix("ForTokenClassification") ? "labels each token of a text" : "gives `logits`"
            throw PlanProblem(
                "it is \(name), which \(task): Lockstep runs encoders that give a vector a text, and classifiers of whole texts; use a program by `exec` for this one"
            )
        }
        labels = files.labels
        switch files.problem {
        case "multi_label_classification": scores = .sigmoid
        case "regression": scores = .plain
        case "single_label_classification": scores = labels.count == 1 ? .sigmoid : .softmax
        // A single number is one label's or none's; as transformers takes it.
        default: scores = labels.count == 1 ? .sigmoid : .softmax
        }
    }

    /// `{label, score, scores: [{label, score}, …]}`, the best first.
    ///
    /// - Returns: nil when a number is none, as of weights that are broken.
    func document(_ numbers: [Float]) -> BSONValue? {
        guard !numbers.isEmpty, numbers.allSatisfy(\.isFinite) else { return nil }
        let scores = scores(of: numbers.map(Double.init))
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        let entries = order.map { place -> BSONDocument in
            ["label": BSONValue(label(place)), "score": BSONValue(scores[place])]
        }
        let best: BSONDocument = [
            "label": BSONValue(label(order[0])), "score": BSONValue(scores[order[0]]),
            "scores": BSONValue(entries.map { BSONValue($0) }),
        ]
        return BSONValue(best)
    }

    private func label(_ number: Int) -> String { labels[number] ?? "LABEL_\(number)" }

    private func scores(of numbers: [Double]) -> [Double] {
        switch scores {
        case .plain: return numbers
        case .sigmoid: return numbers.map { 1 / (1 + exp(-$0)) }
        case .softmax:
            let most = numbers.max() ?? 0
            let powers = numbers.map { exp($0 - most) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }
}
