import LockstepCore

/// Where an encoder is, and how it is to be used: all that it is loaded from.
struct EncoderSource: Sendable {
    let directory: OpenVINOModelDirectory
    let settings: EncoderSettings
    let texts: TextSettings
    let vectors: VectorFormat

    init(
        directory: String, settings: EncoderSettings = EncoderSettings(),
        texts: TextSettings = TextSettings(), vectors: VectorFormat = .bson
    ) {
        self.directory = OpenVINOModelDirectory(path: directory)
        self.settings = settings
        self.texts = texts
        self.vectors = vectors
    }

    /// What the files say, without OpenVINO.
    ///
    /// - Throws: why the model cannot be used.
    func plan() throws(PlanProblem) -> EncoderPlan {
        guard let encoder = FileBytes.contents(of: directory.file("\(OpenVINOModelDirectory.encoder).xml")),
            let xml = FileBytes.contents(of: directory.file("\(OpenVINOModelDirectory.tokenizer).xml")),
            let bin = FileBytes.contents(of: directory.file("\(OpenVINOModelDirectory.tokenizer).bin"))
        else { throw PlanProblem("its files cannot be read") }
        return try plan(encoder, TokenizerGraph(xml: xml, bin: bin))
    }

    func plan(_ encoder: [UInt8], _ tokenizer: TokenizerGraph) throws(PlanProblem) -> EncoderPlan {
        let graph = GraphText(encoder)
        return try EncoderPlan.make(
            EncoderFiles.read(directory: directory.path), settings, outputs: graph.outputs,
            table: graph.positions, tokenizer: tokenizer.limit, hasPrefix: !texts.prefix.isEmpty)
    }

    /// The part of the version that comes before the files' contents.
    func add(_ plan: EncoderPlan, to hash: inout ModelHash) {
        hash.add("openvino")
        hash.add(vectors.rawValue)
        texts.add(to: &hash)
        plan.add(to: &hash)
    }
}
