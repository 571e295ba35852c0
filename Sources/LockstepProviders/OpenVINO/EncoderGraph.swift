/// How an encoder's graph is fed and read.
struct EncoderGraph: Sendable {
    /// Inputs of the encoder that the tokenizer gives, of those it has.
    let inputs: [String]
    let output: Output

    enum Output: Sendable, Hashable {
        /// An output of that name.
        case named(String)
        /// The first output.
        case first
    }

    static let attentionMask = "attention_mask"
    private static let known = ["input_ids", attentionMask, "token_type_ids"]
    // In order of preference; those after the first are one vector a token.
    private static let outputs = ["sentence_embedding", "last_hidden_state", "token_embeddings"]

    /// - Throws: `.modelUnsupported` when the tokenizer does not give what the encoder takes.
    init(tokenizer: borrowing CompiledModel, encoder: borrowing CompiledModel) throws(OpenVINOError) {
        guard tokenizer.inputCount == 1 else {
            throw Self.unsupported(tokenizer.place, "it takes \(tokenizer.inputCount) inputs instead of one")
        }
        var inputs: [String] = []
        for name in Self.known where encoder.hasInput(name) { inputs.append(name) }
        guard inputs.contains("input_ids"), inputs.count == encoder.inputCount else {
            let known = inputs.isEmpty ? "none" : inputs.joined(separator: ", ")
            throw Self.unsupported(
                encoder.place, "of its \(encoder.inputCount) inputs these are known: \(known)")
        }
        // The mask is needed for pooling even when the encoder itself does without.
        for name in inputs + [Self.attentionMask] where !tokenizer.hasOutput(name) {
            throw Self.unsupported(tokenizer.place, "it has no output \(name)")
        }
        self.inputs = inputs
        var output = Output.first
        for name in Self.outputs.reversed() where encoder.hasOutput(name) { output = .named(name) }
        self.output = output
    }

    static func unsupported(_ place: String, _ message: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelUnsupported, operation: "use the model", place: place, message: message,
            hint: "Lockstep runs encoders of input_ids, attention_mask and maybe token_type_ids. "
                + OpenVINOModelDirectory.hint)
    }
}
