import Foundation

/// A layer behind the pooling: it makes a vector of another length.
struct DenseLayer: Sendable {
    struct Activation: RawRepresentable, Hashable, Sendable {
        let rawValue: String
        static let none = Self(rawValue: "Identity")
        static let tanh = Self(rawValue: "Tanh")
        static let relu = Self(rawValue: "ReLU")
        static let known = [none, tanh, relu]
    }

    let inputs: Int
    let outputs: Int
    /// `[outputs][inputs]`, row by row.
    let weights: [Float]
    /// Empty when it has none.
    let bias: [Float]
    let activation: Activation

    /// - Throws: why it cannot be applied.
    static func read(folder: String) throws(PlanProblem) -> DenseLayer {
        guard let config = JSONFile.read("\(folder)/config.json") else {
            throw PlanProblem("`\(folder)` has no config.json")
        }
        let name = config.text("activation_function").map { String($0.split(separator: ".").last ?? "") }
        let activation = Activation(rawValue: name ?? "Tanh")
        guard Activation.known.contains(activation) else {
            throw PlanProblem("the activation \(activation.rawValue) of `\(folder)` is not known here")
        }
        if let source = config.text("module_input_name"), source != "sentence_embedding" {
            throw PlanProblem("the dense layer in `\(folder)` reads \(source), which is not known here")
        }
        guard let tensors = Safetensors.read("\(folder)/model.safetensors"),
            let weight = tensors["linear.weight"], weight.shape.count == 2
        else {
            throw PlanProblem("the dense layer in `\(folder)` has no model.safetensors that can be read")
        }
        let bias = tensors["linear.bias"]
        guard bias == nil || bias?.values.count == weight.shape[0] else {
            throw PlanProblem("the dense layer in `\(folder)` has a bias of another length")
        }
        return DenseLayer(
            weights: weight.values, inputs: weight.shape[1], bias: bias?.values ?? [], activation: activation)
    }

    init(weights: [Float], inputs: Int, bias: [Float], activation: Activation) {
        self.weights = weights
        self.inputs = inputs
        outputs = inputs > 0 ? weights.count / inputs : 0
        self.bias = bias
        self.activation = activation
    }

    func apply(_ vector: [Float]) -> [Float] {
        (0..<outputs).map { row in
            var sum = bias.isEmpty ? 0 : bias[row]
            for index in 0..<inputs { sum += weights[row * inputs + index] * vector[index] }
            switch activation {
            case .tanh: return Float(Foundation.tanh(Double(sum)))
            case .relu: return Swift.max(0, sum)
            default: return sum
            }
        }
    }
}

/// Why a model cannot be used.
struct PlanProblem: Error, Hashable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
