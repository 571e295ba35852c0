import LockstepCore
import LockstepReading
import LockstepSinks

/// Reads one entry of `listeners`.
struct ListenerReader {
    let registry: Registry
    let schema: ConfigurationSchema

    func read(_ node: YAMLNode, problems: inout Problems) -> ListenerSpec? {
        guard let listener = MappingReader(node, "a listener", schema.listener, problems: &problems)
        else { return nil }
        let model = listener.required("model", "model: length", problems: &problems)
        let collection = listener.required("on", "on: docs", problems: &problems)
        let key = listener.required("key", "key: text", problems: &problems)

        let modelName = model?.text("`model`", "length", problems: &problems)
        let collectionName = collection.flatMap { self.collection($0, problems: &problems) }
        let inputs = key.flatMap { self.inputs($0, problems: &problems) }
        let name = listener["as"].flatMap { self.name($0, problems: &problems) }
        let filter = listener["where"].flatMap { FilterReader.read($0, problems: &problems) }
        let sink = self.sink(listener, problems: &problems)
        guard let model, let modelName, let collectionName, let key, let inputs, let sink else {
            return nil
        }

        if listener["as"] == nil, !listener.hasOrMeans("as") {
            if case .list = key.content {
                problems.add(
                    key.line,
                    "a listener with a list of keys needs `as`, which names its output: as `as: summary`")
            } else if let path = inputs.first?.path, path.isOutput {
                problems.add(
                    key.line,
                    "a listener on another one's output (`\(path)`) needs `as`, which names its own: as `as: summary`"
                )
            }
        }
        return ListenerSpec(
            model: modelName, modelLine: model.line, collection: collectionName, inputs: inputs, name: name,
            filter: filter, sink: sink, line: listener.line)
    }

    private func sink(_ listener: MappingReader, problems: inout Problems) -> (any SinkSpec)? {
        let kind: any SinkKind
        let entry: YAMLNode.Entry?
        switch KindSelection(among: registry.sinks, by: { $0.keys }, in: listener, problems: &problems) {
        case .one(let selected, let by): (kind, entry) = (selected, by)
        case .several: return nil
        case .none: (kind, entry) = (registry.defaultSink, nil)
        }
        for stray in kind.keys.strays(in: listener, among: registry.allSinks.map(\.keys)) {
            let owners = stray.selectors.code.joined(last: " or ")
            problems.add(
                stray.entry.line, "`\(stray.entry.key)` is for listeners with \(owners): take it out")
        }
        return kind.read(entry, in: listener, problems: &problems)
    }

    private func inputs(_ node: YAMLNode, problems: inout Problems) -> [ListenerSpec.Key]? {
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
        return keys?.map { .init(FieldPath($0.text), line: $0.line) }
    }

    private func name(_ node: YAMLNode, problems: inout Problems) -> String? {
        guard let name = node.text("`as`", "summary", problems: &problems) else { return nil }
        if let problem = nameProblem(name, dots: true) {
            problems.add(node.line, "the name \(node.found) of an output (`as`) \(problem)")
        }
        return name
    }

    private func collection(_ node: YAMLNode, problems: inout Problems) -> String? {
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
