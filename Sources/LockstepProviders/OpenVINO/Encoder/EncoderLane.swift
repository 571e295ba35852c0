/// An encoder that follows one batch after another: one batch's from `start` to `finish`.
///
/// The pool lends a lane to one thread at a time, which is what makes it safe to send.
final class EncoderLane: @unchecked Sendable {
    private let encoder: InferRequest
    private let graph: EncoderGraph
    private var input: EncoderInput?

    init(_ encoder: borrowing CompiledModel, _ graph: EncoderGraph) throws(OpenVINOError) {
        self.encoder = try encoder.makeRequest()
        self.graph = graph
    }

    func start(_ input: EncoderInput) throws(OpenVINOError) {
        let shape = [input.batch.count, input.length]
        for each in graph.inputs {
            let tensor = try Tensor(type: each.type, shape: shape, encoder.functions)
            var isFilled = false
            tensor.withBytes { bytes in
                switch bytes.count / (shape[0] * shape[1]) {
                case 8:
                    let numbers = bytes.bindMemory(to: Int64.self)
                    input.fill(each.name) { numbers[$0] = Int64($1) }
                    isFilled = true
                case 4:
                    let numbers = bytes.bindMemory(to: Int32.self)
                    input.fill(each.name) { numbers[$0] = $1 }
                    isFilled = true
                default: break
                }
            }
            guard isFilled else {
                throw OpenVINOError.unsupported(
                    encoder.place, "its input \(each.name) is not of whole numbers of 32 or 64 bits")
            }
            try encoder.setInput(each.name, tensor)
        }
        try encoder.start()
        self.input = input
    }

    /// Waits for the batch that was started, if one was, and puts what comes of it where its texts were.
    func finish(_ output: EncoderPlan.Output, into values: inout [[Float]]) throws(OpenVINOError) {
        guard let input else { return }
        defer { self.input = nil }
        try encoder.wait()
        let tensor: Tensor
        switch output {
        case .vector(let name?, _, _): tensor = try encoder.tensor(name)
        case .vector: tensor = try encoder.output(0)
        case .labels: tensor = try encoder.tensor(Classes.output)
        }
        let shape = tensor.shape
        let isOfTokens = shape.count == 3
        guard shape.count == 2 || isOfTokens, shape[0] == input.batch.count, shape.last != 0,
            !isOfTokens || shape[1] == input.length
        else {
            throw OpenVINOError.unsupported(
                encoder.place,
                "its output has the shape \(shape) for \(input.batch.count) texts of \(input.length) tokens")
        }
        let rows = tensor.withElements(as: Float.self) { elements in
            input.batch.indices.map { row in
                let first = row * shape.dropFirst().reduce(1, *)
                guard isOfTokens, case .vector(_, let pooling, _) = output else {
                    return Array(elements[first..<first + shape[1]])
                }
                var vector: [Float] = []
                let tokens = elements.baseAddress.unsafelyUnwrapped + first
                for mode in pooling.isEmpty ? [.mean] : pooling {
                    mode.append(
                        tokens, count: input.rows.count(input.batch[row]), size: shape[2], to: &vector)
                }
                return vector
            }
        }
        guard let rows else {
            throw OpenVINOError.unsupported(encoder.place, "its output is not of 32-bit floats")
        }
        for (place, row) in zip(input.batch, rows) { values[place] = try steps(row, output) }
    }

    private func steps(_ row: [Float], _ output: EncoderPlan.Output) throws(OpenVINOError) -> [Float] {
        guard case .vector(_, _, let steps) = output else { return row }
        var vector = row
        for step in steps {
            switch step {
            case .normalize: normalize(&vector)
            case .dense(let layer):
                guard layer.inputs == vector.count else {
                    throw OpenVINOError.unsupported(
                        encoder.place,
                        "a dense layer of it takes \(layer.inputs) numbers and is given \(vector.count)")
                }
                vector = layer.apply(vector)
            }
        }
        return vector
    }
}
