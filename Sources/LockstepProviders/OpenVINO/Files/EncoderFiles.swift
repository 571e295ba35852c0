import Foundation

/// What the files beside a model's graph say of how it is used.
struct EncoderFiles: Sendable {
    /// A step of sentence-transformers, in its order.
    struct Module: Hashable, Sendable {
        /// The last part of its type, as `Pooling`.
        let type: String
        /// Its folder, absolute.
        let folder: String
    }

    /// Nil when there is no modules.json.
    var modules: [Module]?
    /// What is pooled, in the order in which it is joined; nil when nothing says it.
    var pooling: [Pooling]?
    /// Of the model's kind, as `bert`.
    var family: String?
    /// As `BertForSequenceClassification`.
    var architectures: [String] = []
    /// Rows of the table of positions; of some kinds not all can be used.
    var positions: Int?
    var padding: Int?
    /// The tokens that sentence-transformers cuts texts to.
    var sequenceLength: Int?
    /// The tokens that the tokenizer is said to cut texts to.
    var tokenizerLength: Int?
    var cutsLeft = false
    /// Of a classifier, by their numbers.
    var labels: [Int: String] = [:]
    var problem: String?
    /// The prompt that sentence-transformers puts before each text by itself.
    var prompt: String?
    /// The tokens of a prompt are pooled with those of the text.
    var poolsPrompt = true

    init() {}

    static func read(directory: String) -> EncoderFiles {
        var files = EncoderFiles()
        files.readAll(directory)
        return files
    }

    private mutating func readAll(_ directory: String) {
        let places = [directory, (directory as NSString).deletingLastPathComponent].filter { !$0.isEmpty }
        func first(_ name: String) -> JSONFile? {
            places.lazy.compactMap { JSONFile.read("\($0)/\(name)") }.first
        }

        readModules(places)
        if let config = first("config.json") { read(config: config) }
        sequenceLength = Self.sequenceFiles.lazy.compactMap { first($0)?.number("max_seq_length") }.first
        let tokenizer = first("tokenizer_config.json")
        tokenizerLength = tokenizer?.number("model_max_length") ?? Self.truncation(places)
        cutsLeft = tokenizer?.text("truncation_side") == "left"
        if let config = first("config_sentence_transformers.json"),
            let name = config.text("default_prompt_name")
        {
            prompt = config.object("prompts")?.text(name).flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    private static let sequenceFiles = [
        "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json",
        "sentence_camembert_config.json", "sentence_albert_config.json", "sentence_xlm-roberta_config.json",
        "sentence_xlnet_config.json",
    ]

    private mutating func readModules(_ places: [String]) {
        for place in places {
            let path = "\(place)/modules.json"
            if let data = FileManager.default.contents(atPath: path),
                let list = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
            {
                modules = list.compactMap { entry in
                    (entry["type"] as? String).map { type in
                        Module(
                            type: String(type.split(separator: ".").last ?? ""),
                            folder: "\(place)/\(entry["path"] as? String ?? "")")
                    }
                }
            }
            let folder = modules?.first { $0.type == "Pooling" }?.folder ?? "\(place)/1_Pooling"
            if let config = JSONFile.read("\(folder)/config.json") { read(pooling: config) }
            // One folder says all: what lies above belongs to it or to something else.
            if modules != nil || pooling != nil { return }
        }
    }

    mutating func read(pooling config: JSONFile) {
        poolsPrompt = config.bool("include_prompt") ?? true
        if let mode = config.text("pooling_mode") {
            pooling = mode.split(separator: "+").map {
                Pooling(rawValue: Self.modes[String($0)] ?? String($0))
            }
            return
        }
        // In the order in which sentence-transformers joins them.
        let modes: [(key: String, mode: Pooling)] = [
            ("pooling_mode_cls_token", .cls), ("pooling_mode_max_tokens", .max),
            ("pooling_mode_mean_tokens", .mean), ("pooling_mode_mean_sqrt_len_tokens", .meanOfRoot),
            ("pooling_mode_weightedmean_tokens", .weightedMean), ("pooling_mode_lasttoken", .last),
        ]
        let chosen = modes.filter { config.bool($0.key) == true }.map(\.mode)
        pooling = chosen.isEmpty ? nil : chosen
    }

    private static let modes = ["lasttoken": "last", "mean_sqrt_len_tokens": "mean_sqrt_len"]

    mutating func read(config: JSONFile) {
        let text = config.object("text_config") ?? config
        family = config.text("model_type")
        architectures = config.texts("architectures") ?? []
        positions = Self.positionKeys.lazy.compactMap { config.number($0) ?? text.number($0) }.first {
            $0 > 0
        }
        padding = config.number("pad_token_id") ?? text.number("pad_token_id")
        problem = config.text("problem_type")
        if let names = config.object("id2label") {
            for key in names.keys { if let number = Int(key) { labels[number] = names.text(key) } }
        }
    }

    private static let positionKeys = [
        "max_position_embeddings", "n_positions", "max_seq_len", "max_seq_length", "max_sequence_length",
        "seq_length",
    ]

    /// What tokenizer.json cuts to. The file may be large; it begins with this.
    private static func truncation(_ places: [String]) -> Int? {
        for place in places {
            guard let file = FileHandle(forReadingAtPath: "\(place)/tokenizer.json") else { continue }
            defer { try? file.close() }
            guard let head = try? file.read(upToCount: 4096) else { return nil }
            let text = String(decoding: head, as: UTF8.self)
            let pattern = /"truncation"\s*:\s*\{[^}]*"max_length"\s*:\s*([0-9]+)/
            return text.firstMatch(of: pattern).flatMap { Int($0.1) }
        }
        return nil
    }
}
