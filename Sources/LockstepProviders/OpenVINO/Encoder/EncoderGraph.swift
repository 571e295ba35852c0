/// What an encoder's graph is fed with.
struct EncoderGraph: Sendable {
    /// An input, with OpenVINO's number of the type of its elements.
    struct Input: Sendable {
        let name: String
        let type: Int32
    }

    let inputs: [Input]

    /// - Throws: `.modelUnsupported` when it takes what no tokenizer gives.
    init(_ encoder: borrowing CompiledModel) throws(OpenVINOError) {
        var inputs: [Input] = []
        for name in [TensorName.ids, TensorName.mask, TensorName.types, TensorName.positions] {
            if let type = encoder.inputType(name) { inputs.append(Input(name: name, type: type)) }
        }
        guard inputs.first?.name == TensorName.ids, inputs.count == encoder.inputCount else {
            let known = inputs.isEmpty ? "none" : inputs.map(\.name).joined(separator: ", ")
            throw OpenVINOError.unsupported(
                encoder.place, "of its \(encoder.inputCount) inputs these are known: \(known)")
        }
        self.inputs = inputs
    }
}
