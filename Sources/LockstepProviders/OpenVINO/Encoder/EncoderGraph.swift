/// What an encoder's graph is fed with.
struct EncoderGraph: Sendable {
    /// An input, with OpenVINO's number of the type of its elements.
    struct Input: Sendable {
        let name: String
        let type: Int32
    }

    static let ids = "input_ids"
    static let mask = "attention_mask"
    static let types = "token_type_ids"
    static let positions = "position_ids"

    let inputs: [Input]

    /// - Throws: `.modelUnsupported` when it takes what no tokenizer gives.
    init(_ encoder: borrowing CompiledModel) throws(OpenVINOError) {
        var inputs: [Input] = []
        for name in [Self.ids, Self.mask, Self.types, Self.positions] {
            if let type = encoder.inputType(name) { inputs.append(Input(name: name, type: type)) }
        }
        guard inputs.first?.name == Self.ids, inputs.count == encoder.inputCount else {
            let known = inputs.isEmpty ? "none" : inputs.map(\.name).joined(separator: ", ")
            throw Self.unsupported(
                encoder.place, "of its \(encoder.inputCount) inputs these are known: \(known)")
        }
        self.inputs = inputs
    }

    static func unsupported(_ place: String, _ message: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelUnsupported, operation: "use the model", place: place, message: message,
            hint:
                "Lockstep runs encoders of input_ids, attention_mask and maybe token_type_ids or position_ids. "
                + OpenVINOModelDirectory.hint)
    }
}
