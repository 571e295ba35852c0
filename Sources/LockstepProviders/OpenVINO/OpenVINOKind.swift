import LockstepReading

/// Text encoders that OpenVINO runs in this process: `openvino: models/all-MiniLM-L6-v2`.
package struct OpenVINOKind: ProviderKind {
    package let about = "a directory of OpenVINO's"
    package let usage = "openvino: <directory>"
    package let keys = KindKeys(
        selector: KeySchema(
            "openvino", .text,
            "A directory as `optimum-cli export openvino` lays it out, relative to this file."),
        options: [
            KeySchema(
                "pooling", .choice(Pooling.configurable.map(\.rawValue)),
                "How the vectors of a text's tokens make one: their mean, the first or the last. Default: what the model's files say."
            ),
            KeySchema(
                "normalize", .flag,
                "Vectors of norm 1. Default: what the model's files say."),
            KeySchema(
                "maxTokens", .number(1...1_000_000),
                "Tokens of a text that are read, at most. Default: as many as the model takes."),
            KeySchema("device", .text, "Where it computes, as OpenVINO names it: CPU, GPU, … Default: CPU."),
        ] + TextSettings.keys,
        synonyms: [
            "path": "openvino", "normalise": "normalize", "maxLength": "maxTokens", "max_tokens": "maxTokens",
            "maxSeqLength": "maxTokens", "max_seq_length": "maxTokens",
        ])

    package init() {}

    package func read(
        _ entry: YAMLNode.Entry, in model: MappingReader, problems: inout Problems
    ) -> (any ProviderSpec)? {
        let directory = entry.value.text("`openvino`", "models/all-MiniLM-L6-v2", problems: &problems)
        if directory == "" { problems.add(entry.line, "`openvino` must name the model's directory") }
        let settings = settings(model, problems: &problems)
        let texts = TextSettings(model, problems: &problems)
        return directory.map { OpenVINOSpec(directory: $0, settings: settings, texts: texts) }
    }

    private func settings(_ model: MappingReader, problems: inout Problems) -> EncoderSettings {
        var settings = EncoderSettings()
        if let node = model["pooling"] {
            let known = Pooling.configurable.map(\.rawValue)
            settings.pooling = node.scalarText.flatMap { known.contains($0) ? $0 : nil }
            if settings.pooling == nil {
                problems.add(
                    node.line, "`pooling` must be \(known.code.joined(last: " or ")): found \(node.found)")
            }
        }
        if let node = model["normalize"] {
            settings.normalize = node.flag("`normalize`", problems: &problems)
        }
        if let node = model["maxTokens"] {
            settings.maxTokens = node.count("`maxTokens`", problems: &problems)
        }
        if let node = model["device"] {
            let device = node.text("`device`", "GPU", problems: &problems)
            if device == "" {
                problems.add(node.line, "`device` must not be empty: leave it out, or write `GPU`")
            }
            if let device, !device.isEmpty { settings.device = device }
        }
        return settings
    }
}

extension YAMLNode {
    fileprivate var scalarText: String? {
        if case .scalar(let scalar) = content, !isNull { scalar.text } else { nil }
    }
}
