import Lockstep

/// Reads one entry of `listeners`.
enum ListenerReader {
    static func read(_ node: YAMLNode, problems: inout Problems) -> Configuration.ListenerSpec? {
        guard
            let listener = MappingReader(
                node, "a listener", ConfigurationSchema.listener, problems: &problems)
        else { return nil }
        let model = listener.required("model", "model: length", problems: &problems)
        let collection = listener.required("on", "on: docs", problems: &problems)
        let key = listener.required("key", "key: text", problems: &problems)

        let modelName = model?.text("`model`", "length", problems: &problems)
        let collectionName = collection.flatMap { self.collection($0, problems: &problems) }
        let keyPaths = key.flatMap { self.keys($0, problems: &problems) }
        let name = listener["as"].map { self.name($0, problems: &problems) }
        let filter = listener["where"].map { FilterReader.read($0, problems: &problems) }
        guard let model, let modelName, let collection, let collectionName, let key, let keyPaths else {
            return nil
        }

        if listener["as"] == nil, !listener.hasOrMeans("as") {
            if case .list = key.content {
                problems.add(
                    key.line,
                    "a listener with a list of keys needs `as`, which names its output: as `as: summary`")
            } else if let path = keyPaths.first?.text, FieldPath(path).isOutput {
                problems.add(
                    key.line,
                    "a listener on another one's output (`\(path)`) needs `as`, which names its own: as `as: summary`"
                )
            }
        }
        return Configuration.ListenerSpec(
            model: modelName, collection: collectionName, keys: keyPaths.map(\.text), name: name ?? nil,
            filter: filter ?? nil, line: listener.line,
            lines: .init(
                model: model.line, collection: collection.line, keys: keyPaths.map(\.line),
                name: listener["as"]?.line ?? listener.line, filter: listener["where"]?.line ?? listener.line)
        )
    }

    private static func keys(_ node: YAMLNode, problems: inout Problems) -> [(text: String, line: Int)]? {
        var keys: [(text: String, line: Int)]?
        if case .list = node.content {
            keys = node.texts("`key`", "[title, text]", problems: &problems)
        } else {
            keys = node.text("`key`", "text", problems: &problems).map { [($0, node.line)] }
        }
        var seen: Set<String> = []
        for (key, line) in keys ?? [] {
            if let problem = FieldPath(key).problem { problems.add(line, problem) }
            if !seen.insert(key).inserted {
                problems.add(line, "the key \(shown(key)) stands twice in the list: take one out")
            }
        }
        return keys
    }

    private static func name(_ node: YAMLNode, problems: inout Problems) -> String? {
        guard let name = node.text("`as`", "summary", problems: &problems) else { return nil }
        if let problem = nameProblem(name, dots: true) {
            problems.add(node.line, "the name \(node.found) of an output (`as`) \(problem)")
        }
        return name
    }

    private static func collection(_ node: YAMLNode, problems: inout Problems) -> String? {
        guard let name = node.text("`on`", "docs", problems: &problems) else { return nil }
        if let problem = collectionProblem(name) {
            problems.add(node.line, "the collection's name \(node.found) \(problem)")
        }
        return name
    }
}

/// Why no listener can be on a collection of that name, to be put after it.
private func collectionProblem(_ name: String) -> String? {
    if name.isEmpty { return "must not be empty" }
    if name.utf8.contains(0) { return "must not hold a NUL byte" }
    if name.contains("$") { return "must not hold `$`" }
    if name.hasPrefix(".") || name.hasSuffix(".") { return "must not begin or end with a dot" }
    if name.hasPrefix("system.") { return "is MongoDB's own: choose another collection" }
    if name.hasPrefix("lockstep.") {
        return "is Lockstep's own, where it keeps its state: choose another collection"
    }
    // 255 for database, dot and collection, of which the database may take 63.
    if name.utf8.count > 191 { return "is longer than 191 bytes" }
    return nil
}
