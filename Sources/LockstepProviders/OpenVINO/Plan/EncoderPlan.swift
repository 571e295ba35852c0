/// How an encoder is used: what is made of its output, and how much of a text it reads.
struct EncoderPlan: Sendable {
    /// What becomes of the output of the graph.
    enum Output: Sendable {
        /// One vector a text, or those of its tokens, pooled; then the steps.
        case vector(name: String?, pooling: [Pooling], steps: [Step])
        /// Scores of labels.
        case labels(Classes)
    }

    enum Step: Sendable {
        case dense(DenseLayer)
        case normalize
    }

    let output: Output
    let limit: TokenLimit
    /// Which end of a long text is left out.
    let cutsLeft: Bool
    /// What nothing said and was taken, each with what to write: for people.
    let notes: [String]

    /// - Parameters:
    ///   - outputs: of the graph.
    ///   - table: the rows of its table of positions, where it can be seen.
    ///   - tokenizer: what the graph of the tokenizer cuts to.
    static func make(
        _ files: EncoderFiles, _ settings: EncoderSettings, outputs: Set<String>, table: Int? = nil,
        tokenizer: Int? = nil, hasPrefix: Bool = false
    ) throws(PlanProblem) -> EncoderPlan {
        guard files.poolsPrompt || !hasPrefix else {
            throw PlanProblem(
                "its pooling leaves out what `prefix` says, which is not done here: take `prefix` out")
        }
        var notes: [String] = []
        let limit = TokenLimit(files, table: table, tokenizer: tokenizer, maxTokens: settings.maxTokens)
        let output: Output
        if limit.source == .assumed {
            notes.append(
                "nothing says how many tokens the model reads: \(limit.tokens) are; write `maxTokens` if it is less"
            )
        } else if let wanted = settings.maxTokens, limit.tokens < wanted {
            notes.append("`maxTokens` is \(wanted), and the model reads \(limit.tokens): these are read")
        }
        if let classes = try Classes(files, outputs: outputs) {
            guard settings.pooling == nil, settings.normalize == nil else {
                throw PlanProblem(
                    "it gives labels, no vectors: take `pooling` and `normalize` out")
            }
            output = .labels(classes)
        } else {
            output = try vector(files, settings, outputs, &notes)
        }
        if let prompt = files.prompt, !hasPrefix {
            notes.append(
                "the model's files put `\(prompt)` before each text: write it as `prefix` if texts are to have it"
            )
        }
        return EncoderPlan(output: output, limit: limit, cutsLeft: files.cutsLeft, notes: notes)
    }

    /// In order of preference: one that is pooled already, else the vectors of the tokens.
    private static let tokenOutputs = ["last_hidden_state", "token_embeddings"]
    private static let sentenceOutput = "sentence_embedding"

    private static func vector(
        _ files: EncoderFiles, _ settings: EncoderSettings, _ outputs: Set<String>, _ notes: inout [String]
    ) throws(PlanProblem) -> Output {
        let tokens = tokenOutputs.first(where: outputs.contains)
        let wanted = settings.pooling.map { [Pooling(rawValue: $0)] }
        let isPooled = outputs.contains(sentenceOutput)
        let asksOther = wanted != nil && wanted != files.pooling
        let asksPlain =
            settings.normalize == false && files.modules?.contains { $0.type == "Normalize" } == true
        if isPooled, !asksOther, !asksPlain {
            // The graph has all steps of the model in it.
            return .vector(
                name: sentenceOutput, pooling: [], steps: settings.normalize == true ? [.normalize] : [])
        }
        if isPooled, tokens == nil {
            let key = asksOther ? "pooling" : "normalize"
            throw PlanProblem(
                "its graph does the pooling by itself and gives no vectors of tokens: take `\(key)` out, or export it with `--library transformers --task feature-extraction`"
            )
        }
        var steps = try steps(files)
        let pooling: [Pooling]
        if let known = wanted ?? files.pooling {
            pooling = known
            if let strange = pooling.first(where: { !supported.contains($0) }) {
                throw PlanProblem("its pooling `\(strange.rawValue)` is not known here: write `pooling`")
            }
        } else {
            pooling = [.mean]
            notes.append(
                "none of the model's files says how its tokens make one vector: their mean is taken; write `pooling: mean`, `cls` or `last`"
            )
        }
        if let isWanted = settings.normalize {
            if !isWanted { while case .normalize? = steps.last { steps.removeLast() } }
            if isWanted, case .normalize? = steps.last {} else if isWanted { steps.append(.normalize) }
        } else if files.modules == nil {
            notes.append(
                "none of the model's files says whether its vectors have norm 1: they are left as they are; write `normalize: true` or `false`"
            )
        }
        return .vector(name: tokens, pooling: pooling, steps: steps)
    }

    private static let supported: Set<Pooling> = [
        .mean, .cls, .last, .max, .meanOfRoot, .weightedMean,
    ]

    /// What sentence-transformers does behind the pooling.
    private static func steps(_ files: EncoderFiles) throws(PlanProblem) -> [Step] {
        var steps: [Step] = []
        for module in files.modules ?? [] {
            switch module.type {
            case "Transformer", "Pooling", "Dropout": break
            case "Normalize": steps.append(.normalize)
            case "Dense": steps.append(.dense(try DenseLayer.read(folder: module.folder)))
            default:
                throw PlanProblem(
                    "its modules.json has a step \(module.type), which is not known here: export it with `--library sentence_transformers`, so that the graph has it"
                )
            }
        }
        return steps
    }
}

extension EncoderPlan {
    /// All of it that outputs depend on, for the version; the files of dense layers by their weights.
    func add(to hash: inout ModelHash) {
        hash.add("\(limit.tokens) \(cutsLeft ? "left" : "right")")
        switch output {
        case .labels(let classes):
            hash.add("\(classes.scores)")
            for (number, label) in classes.labels.sorted(by: { $0.key < $1.key }) {
                hash.add("\(number) \(label)")
            }
        case .vector(let name, let pooling, let steps):
            hash.add("\(name ?? "") \(pooling.map(\.rawValue).joined(separator: "+"))")
            for step in steps {
                switch step {
                case .normalize: hash.add("normalize")
                case .dense(let layer):
                    hash.add("dense \(layer.inputs) \(layer.activation.rawValue)")
                    (layer.weights + layer.bias).withUnsafeBytes { hash.add(contents: $0) }
                }
            }
        }
    }
}
