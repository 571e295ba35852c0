import LockstepCore
import LockstepReading
import LockstepSinks

/// Reads the whole file.
struct FileReader {
    private(set) var configuration: Configuration
    /// Models that are named and could not be read: their listeners are not to blame.
    private(set) var unreadModels: Set<String> = []
    /// False when models or listeners are left out, because they could not be read.
    private(set) var isComplete = true
    private let schema: ConfigurationSchema

    init(_ configuration: Configuration) {
        self.configuration = configuration
        schema = ConfigurationSchema(configuration.registry)
    }

    mutating func read(_ root: YAMLNode, problems: inout Problems) {
        guard let file = MappingReader(root, "the file", schema.file, problems: &problems) else {
            isComplete = false
            return
        }
        if let node = file.required("mongodb", "mongodb: {uri: …, database: …}", problems: &problems) {
            configuration.mongodb =
                MongoReader.read(node, problems: &problems) ?? configuration.mongodb
        }
        if let node = file.required(
            "models", "models: {length: {exec: [python3, length.py]}}", problems: &problems)
        {
            readModels(node, problems: &problems)
        } else {
            isComplete = false
        }
        if let node = file.required(
            "listeners", "listeners: [{model: …, on: …, key: …}]", problems: &problems)
        {
            readListeners(node, problems: &problems)
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
        if let node = file["server"] {
            configuration.server = ServerReader.read(node, problems: &problems)
        }
    }

    private mutating func readModels(_ node: YAMLNode, problems: inout Problems) {
        guard case .mapping(let entries) = node.content else {
            problems.add(node.line, "`models` must be a mapping from names to models: found \(node.found)")
            isComplete = false
            return
        }
        let reader = ModelReader(kinds: configuration.registry.providers, schema: schema)
        for entry in entries {
            if let problem = ListenerRules.problem(ofModel: entry.key) {
                problems.add(entry.line, "the model's name \(shown(entry.key)) \(problem)")
            }
            if let model = reader.read(entry, problems: &problems) {
                configuration.models[entry.key] = model
            } else {
                unreadModels.insert(entry.key)
            }
        }
    }

    private mutating func readListeners(_ node: YAMLNode, problems: inout Problems) {
        guard case .list(let nodes) = node.content, !nodes.isEmpty else {
            problems.add(
                node.line,
                "`listeners` must be a list with at least one listener, as `- {model: …, on: …, key: …}`")
            isComplete = false
            return
        }
        let reader = ListenerReader(registry: configuration.registry, schema: schema)
        configuration.listeners = nodes.compactMap { reader.read($0, problems: &problems) }
        if configuration.listeners.count < nodes.count { isComplete = false }
    }
}
