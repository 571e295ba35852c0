import Lockstep

/// Reads one entry of `models`.
enum ModelReader {
    static func read(_ entry: YAMLNode.Entry, problems: inout Problems) -> Configuration.ModelSpec? {
        let what = "the model \(shown(entry.key))"
        guard
            let model = MappingReader(entry.value, what, ConfigurationSchema.model, problems: &problems)
        else { return nil }
        guard let kind = kind(model, entry, problems: &problems) else { return nil }
        var spec = Configuration.ModelSpec(kind: kind, line: entry.line)
        if let node = model["version"] {
            spec.version = node.text("`version`", "\"1\"", problems: &problems)
            if spec.version == "" {
                problems.add(node.line, "`version` must not be empty: leave it out, or write `\"1\"`")
            }
        }
        if let node = model["vectors"] {
            spec.vectors = vectors(node, problems: &problems)
        }
        if let node = model["batch"],
            let batch = MappingReader(node, "`batch`", ConfigurationSchema.batch, problems: &problems)
        {
            spec.batchCount = batch["count"]?.count("`count`", problems: &problems)
            spec.batchBytes = batch["bytes"]?.count("`bytes`", problems: &problems)
        }
        return spec
    }

    private static func kind(
        _ model: MappingReader, _ entry: YAMLNode.Entry, problems: inout Problems
    ) -> Configuration.ModelSpec.Kind? {
        switch (model.entry("openvino"), model.entry("exec")) {
        case (let openvino?, nil):
            for key in ConfigurationSchema.model.names(onlyWith: "exec") {
                guard let extra = model.entry(key) else { continue }
                problems.add(
                    extra.line,
                    "`\(key)` is for `exec` models, \(model.what) is an `openvino` one: take it out")
            }
            let directory = openvino.value.text("`openvino`", "models/all-MiniLM-L6-v2", problems: &problems)
            if directory == "" { problems.add(openvino.line, "`openvino` must name the model's directory") }
            return directory.map { .openvino(directory: $0) }
        case (nil, let exec?):
            return self.exec(exec, model, problems: &problems).map { .exec($0) }
        case (_?, let exec?):
            problems.add(exec.line, "\(model.what) has both `openvino` and `exec`: keep one of them")
            return nil
        case (nil, nil):
            // A misspelled key is reported already.
            if !model.hasOrMeans("openvino"), !model.hasOrMeans("exec") {
                problems.add(
                    entry.line, "\(model.what) needs `openvino: <directory>` or `exec: [<program>, …]`")
            }
            return nil
        }
    }

    private static func exec(
        _ exec: YAMLNode.Entry, _ model: MappingReader, problems: inout Problems
    ) -> Configuration.ExecSpec? {
        var example = "[python3, length.py]"
        if case .scalar(let scalar) = exec.value.content, !exec.value.isNull, !scalar.raw.contains("://") {
            example = "[\(scalar.raw.split(separator: " ").joined(separator: ", "))]"
        }
        let arguments = exec.value.texts("`exec`", example, problems: &problems)
        if arguments?.first?.text == "" { problems.add(exec.line, "the program of `exec` must not be empty") }
        for (text, line) in arguments ?? [] where text.utf8.contains(0) {
            problems.add(line, "an argument of a program must not hold a NUL byte")
        }
        var spec = Configuration.ExecSpec(arguments: arguments?.map(\.text) ?? [])
        if let node = model["timeout"] {
            spec.timeout = node.duration("`timeout`", problems: &problems) ?? spec.timeout
        }
        spec.startTimeout = max(spec.startTimeout, spec.timeout)
        if let node = model["startTimeout"] {
            spec.startTimeout = node.duration("`startTimeout`", problems: &problems) ?? spec.startTimeout
        }
        if let node = model["workers"] {
            spec.workers = node.count("`workers`", problems: &problems) ?? spec.workers
            if spec.workers > 256 {
                problems.add(node.line, "`workers` must be 256 at most: found \(node.found)")
            }
        }
        if let node = model["environment"] {
            spec.environment = environment(node, problems: &problems)
        }
        return arguments == nil ? nil : spec
    }

    private static func environment(_ node: YAMLNode, problems: inout Problems) -> [String: String] {
        guard case .mapping(let entries) = node.content else {
            problems.add(
                node.line, "`environment` must be a mapping from names to values: found \(node.found)")
            return [:]
        }
        var variables: [String: String] = [:]
        for entry in entries {
            if entry.key.isEmpty || entry.key.contains("=") || entry.key.utf8.contains(0) {
                problems.add(entry.line, "\(shown(entry.key)) is no name of a variable")
            }
            guard case .scalar(let scalar) = entry.value.content, !entry.value.isNull,
                !scalar.text.utf8.contains(0)
            else {
                problems.add(entry.line, "the variable \(shown(entry.key)) must be a text, as `\"\"`")
                continue
            }
            variables[entry.key] = scalar.text
        }
        return variables
    }

    private static func vectors(_ node: YAMLNode, problems: inout Problems) -> VectorFormat? {
        if case .scalar(let scalar) = node.content, ["bson", "array"].contains(scalar.text) {
            return VectorFormat(rawValue: scalar.text)
        }
        problems.add(node.line, "`vectors` must be `bson` or `array`: found \(node.found)")
        return nil
    }
}
