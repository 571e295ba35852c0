import Synchronization

/// What came of some texts.
struct EncodedTexts: Sendable {
    /// One for each text: its vector, or of a classifier the number for each label.
    var values: [[Float]]
    /// That were read.
    var tokens: Int
    /// The places of texts that were cut.
    var cut: Set<Int>
}

/// An encoder and its tokenizer, loaded and compiled. Any thread may call it.
///
/// After a call that failed it is to be dropped: OpenVINO's compiled models may fail on good inputs from then on.
final class LoadedEncoder: Sendable {
    let plan: EncoderPlan
    /// The version of the bytes that were loaded.
    let version: String
    /// The numbers that come of a text.
    let dimensions: Int

    private let tokenizer: Tokenizer
    private let encoder: CompiledModel
    private let graph: EncoderGraph
    private let padding: Int32
    private let firstPosition: Int32
    private let parallel: Int
    private let idle: Mutex<[EncoderLane]>

    /// Loads it, and encodes one short text, to be sure that it works.
    ///
    /// - Throws: `.modelNotFound`, `.modelUnreadable`, `.modelUnsupported`, naming the file.
    static func load(
        _ source: EncoderSource, _ runtime: OpenVINORuntime
    ) throws(OpenVINOError) -> LoadedEncoder {
        try source.directory.open()
        let files = try LoadedFiles.read(source, runtime.core)
        let tokenizer = try Tokenizer.make(
            files.compileTokenizer(), limit: files.plan.limit.tokens, cutsLeft: files.plan.cutsLeft)
        let encoder = try files.compileEncoder()
        let graph = try EncoderGraph(encoder)
        let lane = try EncoderLane(encoder, graph)
        let said = EncoderFiles.read(directory: source.directory.path)
        let padding = tokenizer.padding ?? said.padding.map { Int32(truncatingIfNeeded: $0) } ?? 0
        let firstPosition = Int32(TokenLimit.unusable(said))

        let probe = EncoderInput(
            rows: try tokenizer.tokens(of: ["a"]), batch: [0], padding: padding, firstPosition: firstPosition)
        var values: [[Float]] = [[]]
        try lane.start(probe)
        try lane.finish(files.plan.output, into: &values)
        return LoadedEncoder(
            files.plan, version: files.version, dimensions: values[0].count, tokenizer, encoder, graph,
            padding: padding, firstPosition: firstPosition, lane)
    }

    private init(
        _ plan: EncoderPlan, version: String, dimensions: Int, _ tokenizer: Tokenizer,
        _ encoder: consuming CompiledModel, _ graph: EncoderGraph, padding: Int32, firstPosition: Int32,
        _ lane: EncoderLane
    ) {
        self.plan = plan
        self.version = version
        self.dimensions = dimensions
        self.tokenizer = tokenizer
        self.graph = graph
        self.padding = padding
        self.firstPosition = firstPosition
        // One more than OpenVINO runs, so that none waits for its next batch.
        parallel = 1 + (encoder.property("OPTIMAL_NUMBER_OF_INFER_REQUESTS").flatMap { Int($0) } ?? 1)
        self.encoder = encoder
        idle = Mutex([lane])
    }

    /// What comes of each text, in their order. Blocks until all are there.
    ///
    /// - Throws: `.inferenceFailed` for all the texts.
    func encode(_ texts: [String]) throws(OpenVINOError) -> EncodedTexts {
        let rows = try tokenizer.tokens(of: texts)
        let counts = rows.counts
        var encoded = EncodedTexts(
            values: [[Float]](repeating: [], count: texts.count), tokens: counts.reduce(0, +), cut: rows.cut)
        // After an error the lanes are dropped, which waits for what they still run.
        var lanes: [EncoderLane] = []
        for (number, batch) in EncoderBatches.cut(tokens: counts).enumerated() {
            // Whoever asked does not want the vectors any more: what is running is finished, the rest is left.
            if Task.isCancelled { break }
            if lanes.count < parallel { lanes.append(try borrow()) }
            let lane = lanes[number % lanes.count]
            try lane.finish(plan.output, into: &encoded.values)
            try lane.start(
                EncoderInput(rows: rows, batch: batch, padding: padding, firstPosition: firstPosition))
        }
        for lane in lanes { try lane.finish(plan.output, into: &encoded.values) }
        idle.withLock { $0.append(contentsOf: lanes) }
        return encoded
    }

    /// A lane nobody uses. There are as many as were ever needed at once.
    private func borrow() throws(OpenVINOError) -> EncoderLane {
        if let lane = idle.withLock({ $0.popLast() }) { return lane }
        return try EncoderLane(encoder, graph)
    }
}
