/// A tokenizer and an encoder that follow one batch after another.
///
/// The two share tensors, so a lane is one batch's from `start` to `finish`. The pool lends a lane to one
/// thread at a time, which is what makes it safe to send.
final class EncoderLane: @unchecked Sendable {
    private let tokenizer: InferRequest
    private let encoder: InferRequest
    private let graph: EncoderGraph
    private var batch: [Int] = []

    init(
        tokenizer: borrowing CompiledModel, encoder: borrowing CompiledModel, graph: EncoderGraph
    ) throws(OpenVINOError) {
        self.tokenizer = try tokenizer.makeRequest()
        self.encoder = try encoder.makeRequest()
        self.graph = graph
    }

    /// Tokenizes the texts of the batch and starts the encoder on them.
    func start(_ batch: [Int], of texts: [String]) throws(OpenVINOError) {
        try tokenizer.setOnlyInput(batch.lazy.map { texts[$0] })
        try tokenizer.infer()
        for name in graph.inputs {
            // Asked for each time: a longer batch may have moved it.
            try encoder.setInput(name, tokenizer.tensor(name))
        }
        try encoder.start()
        self.batch = batch
    }

    /// Waits for the batch that was started, if one was, and puts its vectors where its texts were.
    func finish(into vectors: inout [[Float]]) throws(OpenVINOError) {
        guard !batch.isEmpty else { return }
        defer { batch = [] }
        try encoder.wait()
        let output =
            switch graph.output {
            case .named(let name): try encoder.tensor(name)
            case .first: try encoder.output(0)
            }
        let rows = try self.rows(of: output)
        for (index, row) in zip(batch, rows) { vectors[index] = row }
    }

    /// One vector a text, of an output `[batch, size]` or `[batch, length, size]`.
    private func rows(of output: borrowing Tensor) throws(OpenVINOError) -> [[Float]] {
        let shape = output.shape
        guard shape.count == 2 || shape.count == 3, shape[0] == batch.count, shape.last != 0 else {
            throw EncoderGraph.unsupported(
                encoder.place, "its output has the shape \(shape) for \(batch.count) texts")
        }
        let mask: [Bool]
        if shape.count == 3 {
            let tensor = try tokenizer.tensor(EncoderGraph.attentionMask)
            mask =
                tensor.withElements(as: Int64.self) { $0.map { $0 != 0 } }
                ?? tensor.withElements(as: Int32.self) { $0.map { $0 != 0 } } ?? []
            guard mask.count == shape[0] * shape[1] else {
                throw EncoderGraph.unsupported(
                    tokenizer.place, "its attention_mask has \(mask.count) elements for the shape \(shape)")
            }
        } else {
            mask = []
        }
        let rows = output.withElements(as: Float.self) { elements in
            shape.count == 2
                ? Self.split(elements, size: shape[1])
                : meanPooled(elements, mask: mask, length: shape[1], size: shape[2])
        }
        guard let rows else {
            throw EncoderGraph.unsupported(encoder.place, "its output is not of 32-bit floats")
        }
        return rows
    }

    private static func split(_ elements: UnsafeBufferPointer<Float>, size: Int) -> [[Float]] {
        stride(from: 0, to: elements.count, by: size).map { Array(elements[$0..<$0 + size]) }
    }
}
