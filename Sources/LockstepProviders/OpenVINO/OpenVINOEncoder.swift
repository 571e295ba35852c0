import Synchronization

/// A text embedding model run in process by OpenVINO.
///
/// ```swift
/// let encoder = try OpenVINOEncoder.load(directory: "models/all-MiniLM-L6-v2", runtime: .load())
/// let vectors = try encoder.encode(["hello world"])
/// ```
///
/// It computes in the precision OpenVINO takes for the machine: bfloat16 where the processor multiplies it in
/// hardware, else float32. Vectors of the two differ by a cosine of less than 1e-4, and those of one text in
/// different batches by less than that.
public final class OpenVINOEncoder: Sendable {
    /// The length of a vector.
    public let dimensions: Int

    private let tokenizer: CompiledModel
    private let encoder: CompiledModel
    private let graph: EncoderGraph
    private let parallel: Int
    private let idle: Mutex<[EncoderLane]>

    /// Loads a model and encodes one empty text, to be sure that it works.
    ///
    /// - Parameters:
    ///   - directory: as `optimum-cli export openvino` lays it out; see ``openVINOModelFiles(directory:)``. Vectors
    ///     of tokens are mean-pooled and normalised; an output `sentence_embedding`, or one vector a text, is
    ///     taken as it is.
    ///   - runtime: the loaded OpenVINO.
    /// - Throws: `.modelNotFound`, `.modelUnreadable`, `.modelUnsupported`, naming the file.
    public static func load(
        directory: String, runtime: OpenVINORuntime
    ) throws(OpenVINOError) -> OpenVINOEncoder {
        let files = try OpenVINOModelDirectory.open(directory)
        // A fiftieth of the work: a second thread would only be in the encoder's way.
        let tokenizer = try files.compile(
            "openvino_tokenizer", on: runtime.core, ["NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1"])
        // As many runs at once as suit the machine: short texts are too little work to share one among cores.
        let encoder = try files.compile(
            "openvino_model", on: runtime.core, ["PERFORMANCE_HINT": "THROUGHPUT"])
        let graph = try EncoderGraph(tokenizer: tokenizer, encoder: encoder)
        let lane = try EncoderLane(tokenizer: tokenizer, encoder: encoder, graph: graph)

        var probe: [[Float]] = [[]]
        try lane.start([0], of: [""])
        try lane.finish(into: &probe)

        // One more than OpenVINO runs, so that none waits for a tokenizer.
        let parallel = 1 + (encoder.property("OPTIMAL_NUMBER_OF_INFER_REQUESTS").flatMap { Int($0) } ?? 1)
        return OpenVINOEncoder(
            tokenizer: tokenizer, encoder: encoder, graph: graph, dimensions: probe[0].count,
            parallel: parallel, lane: lane)
    }

    private init(
        tokenizer: consuming CompiledModel, encoder: consuming CompiledModel, graph: EncoderGraph,
        dimensions: Int, parallel: Int, lane: EncoderLane
    ) {
        self.tokenizer = tokenizer
        self.encoder = encoder
        self.graph = graph
        self.dimensions = dimensions
        self.parallel = parallel
        idle = Mutex([lane])
    }

    /// One vector a text, in the order of the texts. Blocks until all are there; any thread may call it.
    ///
    /// An empty text has a vector too. NULs in a text are ignored. What is longer than the model reads is cut off by
    /// its tokenizer, and at 256 KiB in any case.
    ///
    /// - Throws: `.inferenceFailed` for all the texts.
    public func encode(_ texts: [String]) throws(OpenVINOError) -> [[Float]] {
        let batches = EncoderBatches.cut(bytes: texts.map(\.utf8.count))
        var vectors = [[Float]](repeating: [], count: texts.count)
        // After an error the lanes are dropped, which waits for what they still run.
        var lanes: [EncoderLane] = []
        for (number, batch) in batches.enumerated() {
            // Whoever asked does not want the vectors any more: what is running is finished, the rest is left.
            if Task.isCancelled { break }
            if lanes.count < parallel { lanes.append(try borrow()) }
            let lane = lanes[number % lanes.count]
            try lane.finish(into: &vectors)
            try lane.start(batch, of: texts)
        }
        for lane in lanes { try lane.finish(into: &vectors) }
        idle.withLock { $0.append(contentsOf: lanes) }
        return vectors
    }

    /// A lane nobody uses. There are as many as were ever needed at once.
    private func borrow() throws(OpenVINOError) -> EncoderLane {
        if let lane = idle.withLock({ $0.popLast() }) { return lane }
        return try EncoderLane(tokenizer: tokenizer, encoder: encoder, graph: graph)
    }
}
