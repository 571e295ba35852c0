/// The files of a model, read once, with the version that they have: what is compiled is what was hashed.
struct LoadedFiles: ~Copyable {
    let plan: EncoderPlan
    let version: String

    private let source: EncoderSource
    private let core: OpenVINOCore
    private let encoderText: [UInt8]
    private let encoderWeights: Tensor
    private let tokenizer: TokenizerGraph

    /// - Throws: `.modelUnreadable`, `.modelUnsupported`, naming the file.
    static func read(_ source: EncoderSource, _ core: OpenVINOCore) throws(OpenVINOError) -> LoadedFiles {
        let names = (OpenVINOModelDirectory.encoder, OpenVINOModelDirectory.tokenizer)
        let text = try contents(source, "\(names.0).xml")
        let tokenizerText = try contents(source, "\(names.1).xml")
        let tokenizerWeights = try contents(source, "\(names.1).bin")
        let weights = try weights(source, "\(names.0).bin", core)
        let tokenizer = TokenizerGraph(xml: tokenizerText, bin: tokenizerWeights)
        let plan: EncoderPlan
        do throws(PlanProblem) {
            plan = try source.plan(text, tokenizer)
        } catch {
            throw OpenVINOError.unsupported(source.directory.path, error.message)
        }
        var hash = ModelHash()
        source.add(plan, to: &hash)
        for name in OpenVINOModelDirectory.names {
            hash.add(name)
            switch name {
            case "\(names.0).bin": weights.withBytes { hash.add(contents: UnsafeRawBufferPointer($0)) }
            case "\(names.0).xml": text.withUnsafeBytes { hash.add(contents: $0) }
            case "\(names.1).bin": tokenizerWeights.withUnsafeBytes { hash.add(contents: $0) }
            default: tokenizerText.withUnsafeBytes { hash.add(contents: $0) }
            }
        }
        return LoadedFiles(
            source, core, plan, version: hash.finish(), encoder: text, weights: weights, tokenizer: tokenizer)
    }

    private init(
        _ source: EncoderSource, _ core: OpenVINOCore, _ plan: EncoderPlan, version: String, encoder: [UInt8],
        weights: consuming Tensor, tokenizer: TokenizerGraph
    ) {
        self.source = source
        self.core = core
        self.plan = plan
        self.version = version
        encoderText = encoder
        encoderWeights = weights
        self.tokenizer = tokenizer
    }

    func compileTokenizer() throws(OpenVINOError) -> CompiledModel {
        let weights = try core.bytes(tokenizer.bin.count)
        let bin = tokenizer.bin
        weights.withBytes { $0.copyBytes(from: bin) }
        // A fiftieth of the work: a second thread would only be in the encoder's way.
        return try core.compile(
            tokenizer.xml, weights: weights, place: place(OpenVINOModelDirectory.tokenizer), device: "CPU",
            ["NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1"])
    }

    func compileEncoder() throws(OpenVINOError) -> CompiledModel {
        // As many runs at once as suit the machine: short texts are too little work to share one among cores.
        try core.compile(
            encoderText, weights: encoderWeights, place: place(OpenVINOModelDirectory.encoder),
            device: source.settings.device, ["PERFORMANCE_HINT": "THROUGHPUT"])
    }

    private func place(_ name: String) -> String { source.directory.file("\(name).xml") }

    private static func contents(_ source: EncoderSource, _ name: String) throws(OpenVINOError) -> [UInt8] {
        guard let bytes = FileBytes.contents(of: source.directory.file(name)) else {
            throw unreadable(source, name)
        }
        return bytes
    }

    /// Read into OpenVINO's own memory, so that there is one copy.
    private static func weights(
        _ source: EncoderSource, _ name: String, _ core: OpenVINOCore
    ) throws(OpenVINOError) -> Tensor {
        guard let file = FileBytes.open(source.directory.file(name)) else { throw unreadable(source, name) }
        let tensor = try core.bytes(file.size)
        var isWhole = false
        tensor.withBytes { isWhole = file.read(into: $0) }
        guard isWhole else { throw unreadable(source, name) }
        return tensor
    }

    private static func unreadable(_ source: EncoderSource, _ name: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelUnreadable, operation: "read the model", place: source.directory.file(name),
            message: "it cannot be read, or changed meanwhile",
            hint: "Check its permissions, and that it is whole.")
    }
}
