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

        if !listener.hasOrMeans("as"),
            let problem = ListenerRules.missingName(for: inputs.map(\.path), isList: key.isList)
        {
            problems.add(key.line, problem)
        }
        return ListenerSpec(
            model: modelName, modelLine: model.line, modelFound: model.found, collection: collectionName,
            inputs: inputs, name: name,
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
        let texts =
            node.isList
            ? node.texts("`key`", "[title, text]", problems: &problems)
            : node.text("`key`", "text", problems: &problems).map { [($0, node.line)] }
        guard let texts else { return nil }
        let keys = texts.map { ListenerSpec.Key(FieldPath($0.text), line: $0.line) }
        for (index, key) in keys.enumerated() {
            if let problem = ListenerRules.problem(ofKeyAt: index, of: keys.map(\.path)) {
                problems.add(key.line, problem)
            }
        }
        return keys
    }

    private func name(_ node: YAMLNode, problems: inout Problems) -> String? {
        guard let name = node.text("`as`", "summary", problems: &problems) else { return nil }
        if let problem = ListenerRules.problem(ofOutput: name) {
            problems.add(node.line, "the name \(node.found) of an output (`as`) \(problem)")
        }
        return name
    }

    private func collection(_ node: YAMLNode, problems: inout Problems) -> String? {
        guard let name = node.text("`on`", "docs", problems: &problems) else { return nil }
        if let problem = ListenerRules.problem(ofCollection: name) {
            problems.add(node.line, "the collection's name \(node.found) \(problem)")
        } else if name.utf8.count > 191 {
            // MongoDB takes 255 for database, dot and collection, of which the database may take 63.
            problems.add(node.line, "the collection's name \(node.found) is longer than 191 bytes")
        }
        return name
    }
}
