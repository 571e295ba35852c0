import LockstepCore
import LockstepProviders
import LockstepReading

/// Reads one entry of `models`.
struct ModelReader {
    let kinds: [any ProviderKind]
    let schema: ConfigurationSchema

    func read(_ entry: YAMLNode.Entry, problems: inout Problems) -> ModelSpec? {
        let what = "the model \(shown(entry.key))"
        guard let model = MappingReader(entry.value, what, schema.model, problems: &problems),
            let provider = provider(model, entry, problems: &problems)
        else { return nil }
        var spec = ModelSpec(provider: provider, line: entry.line)
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
        if let node = model["memo"] {
            spec.memo = node.flag("`memo`", problems: &problems)
        }
        return spec
    }

    private func provider(
        _ model: MappingReader, _ entry: YAMLNode.Entry, problems: inout Problems
    ) -> (any ProviderSpec)? {
        switch KindSelection(among: kinds, by: { $0.keys }, in: model, problems: &problems) {
        case .one(let kind, let selected):
            for stray in kind.keys.strays(in: model, among: kinds.map(\.keys)) {
                let owners = stray.selectors.code.joined(last: " and ")
                problems.add(
                    stray.entry.line,
                    "`\(stray.entry.key)` is for \(owners) models, \(model.what) is \(kind.article) `\(selected.key)` one: take it out"
                )
            }
            return kind.read(selected, in: model, problems: &problems)
        case .several:
            return nil
        case .none:
            // A misspelled key is reported already.
            if !kinds.contains(where: { $0.keys.isMeant(in: model) }) {
                let ways = kinds.map(\.usage).code.joined(last: " or ")
                problems.add(entry.line, "\(model.what) needs \(ways)")
            }
            return nil
        }
    }

    private func vectors(_ node: YAMLNode, problems: inout Problems) -> VectorFormat? {
        if case .scalar(let scalar) = node.content, ["bson", "array"].contains(scalar.text) {
            return VectorFormat(rawValue: scalar.text)
        }
        problems.add(node.line, "`vectors` must be `bson` or `array`: found \(node.found)")
        return nil
    }
}
