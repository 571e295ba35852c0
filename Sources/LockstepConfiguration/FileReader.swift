import Lockstep

/// Reads the whole file.
enum FileReader {
    /// - Returns: what could be read, and whether every listener and model could.
    static func read(
        _ root: YAMLNode, directory: String, problems: inout Problems
    ) -> (configuration: Configuration, isComplete: Bool) {
        var configuration = Configuration(
            file: problems.file, directory: directory, mongodb: .init(uri: "", database: ""), models: [:],
            listeners: [], reconcileEvery: .seconds(30))
        guard let file = MappingReader(root, "the file", ConfigurationSchema.file, problems: &problems)
        else { return (configuration, false) }

        if let node = file.required("mongodb", "mongodb: {uri: …, database: …}", problems: &problems) {
            configuration.mongodb = MongoReader.read(node, problems: &problems) ?? configuration.mongodb
        }
        var isComplete = true
        if let node = file.required(
            "models", "models: {length: {exec: [python3, length.py]}}", problems: &problems)
        {
            configuration.models = models(node, isComplete: &isComplete, problems: &problems)
        } else {
            isComplete = false
        }
        if let node = file.required(
            "listeners", "listeners: [{model: …, on: …, key: …}]", problems: &problems)
        {
            configuration.listeners = listeners(node, isComplete: &isComplete, problems: &problems)
        }
        if let node = file["reconcileEvery"] {
            configuration.reconcileEvery =
                node.duration("`reconcileEvery`", problems: &problems) ?? configuration.reconcileEvery
        }
        if let node = file["auditEvery"] {
            configuration.auditEvery =
                node.isOff
                ? nil : node.duration("`auditEvery`", problems: &problems) ?? configuration.auditEvery
        }
        if let node = file["server"] { configuration.server = ServerReader.read(node, problems: &problems) }
        return (configuration, isComplete)
    }

    private static func models(
        _ node: YAMLNode, isComplete: inout Bool, problems: inout Problems
    ) -> [String: Configuration.ModelSpec] {
        guard case .mapping(let entries) = node.content else {
            problems.add(node.line, "`models` must be a mapping from names to models: found \(node.found)")
            isComplete = false
            return [:]
        }
        var models: [String: Configuration.ModelSpec] = [:]
        for entry in entries {
            if let problem = nameProblem(entry.key, dots: false) {
                problems.add(entry.line, "the model's name \(shown(entry.key)) \(problem)")
            }
            // One that cannot be read is defined all the same: its listeners are not to blame.
            models[entry.key] =
                ModelReader.read(entry, problems: &problems)
                ?? .init(kind: .exec(.init(arguments: [])), line: entry.line)
        }
        return models
    }

    private static func listeners(
        _ node: YAMLNode, isComplete: inout Bool, problems: inout Problems
    ) -> [Configuration.ListenerSpec] {
        guard case .list(let nodes) = node.content, !nodes.isEmpty else {
            problems.add(
                node.line,
                "`listeners` must be a list with at least one listener, as `- {model: …, on: …, key: …}`")
            isComplete = false
            return []
        }
        let listeners = nodes.compactMap { ListenerReader.read($0, problems: &problems) }
        if listeners.count < nodes.count { isComplete = false }
        return listeners
    }
}
