import LockstepReading

/// Models that are programs: `exec: [python3, length.py]`.
package struct ExecKind: ProviderKind {
    package let about = "a program"
    package let usage = "exec: [<program>, …]"
    package let keys = KindKeys(
        selector: KeySchema(
            "exec", .list(of: .text),
            "A program that speaks the exec protocol, and its arguments; paths are relative to this file."),
        options: [
            KeySchema(
                "timeout", .duration,
                "How long the program may take for one batch, once it has answered something. Default: 60s."),
            KeySchema(
                "startTimeout", .duration,
                "How long the program may take from its start to its first answer. Default: 5m, or `timeout` if that is longer."
            ),
            KeySchema("workers", .number(1...256), "Programs side by side. Default: 1."),
            KeySchema(
                "environment", .names(of: .text), "Variables for the program, beside PATH and the like."),
        ],
        synonyms: [
            "command": "exec", "cmd": "exec", "program": "exec", "run": "exec", "env": "environment",
            "processes": "workers",
        ])

    package init() {}

    package func read(
        _ entry: YAMLNode.Entry, in model: MappingReader, problems: inout Problems
    ) -> (any ProviderSpec)? {
        let arguments = arguments(entry, problems: &problems)
        var spec = ExecSpec(arguments: arguments ?? [])
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

    private func arguments(_ exec: YAMLNode.Entry, problems: inout Problems) -> [String]? {
        var example = "[python3, length.py]"
        if case .scalar(let scalar) = exec.value.content, !exec.value.isNull, !scalar.raw.contains("://") {
            example = "[\(scalar.raw.split(separator: " ").joined(separator: ", "))]"
        }
        guard let arguments = exec.value.texts("`exec`", example, problems: &problems) else { return nil }
        if arguments.first?.text == "" { problems.add(exec.line, "the program of `exec` must not be empty") }
        for (text, line) in arguments where text.utf8.contains(0) {
            problems.add(line, "an argument of a program must not hold a NUL byte")
        }
        return arguments.map(\.text)
    }

    private func environment(_ node: YAMLNode, problems: inout Problems) -> [String: String] {
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
}
