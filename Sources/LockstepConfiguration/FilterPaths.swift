/// The fields that a `where` looks at.
enum FilterPaths {
    static func paths(in filter: YAMLNode) -> [String] {
        guard case .mapping(let entries) = filter.content else { return [] }
        return paths(in: entries)
    }

    static func paths(in entries: [YAMLNode.Entry]) -> [String] {
        entries.flatMap { entry -> [String] in
            guard entry.key.hasPrefix("$") else { return [entry.key] }
            return entry.key == "$expr" ? expression(entry.value) : nested(entry.value)
        }
    }

    /// `$and`, `$or` and `$nor`: lists of filters.
    private static func nested(_ node: YAMLNode) -> [String] {
        switch node.content {
        case .list(let nodes): nodes.flatMap(nested)
        case .mapping(let entries): paths(in: entries)
        case .scalar: []
        }
    }

    /// In an expression every text that begins with `$` is a field.
    private static func expression(_ node: YAMLNode) -> [String] {
        switch node.content {
        case .list(let nodes): return nodes.flatMap(expression)
        case .mapping(let entries): return entries.flatMap { expression($0.value) }
        case .scalar(let scalar):
            for document in ["$$ROOT.", "$$CURRENT."] where scalar.text.hasPrefix(document) {
                return [String(scalar.text.dropFirst(document.count))]
            }
            guard scalar.text.hasPrefix("$"), !scalar.text.hasPrefix("$$") else { return [] }
            return [String(scalar.text.dropFirst())]
        }
    }
}
