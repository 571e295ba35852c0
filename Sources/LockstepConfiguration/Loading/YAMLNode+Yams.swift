import LockstepReading
import Yams

extension YAMLNode {
    /// What Yams has parsed, with its variables filled in.
    ///
    /// - Parameter path: the keys that lead to it.
    init(_ node: Node, at path: [String] = [], variables: Variables, problems: inout Problems) {
        let line = node.mark?.line ?? 1
        let content: Content
        switch node {
        case .scalar(let scalar):
            let (text, wrong) = variables.expand(scalar.string, isSecret: Self.isSecret(path))
            for message in wrong { problems.add(line, message) }
            problems.hide(text, as: scalar.string)
            let isText = scalar.style != .plain || scalar.tag.description == Tag.Name.str.rawValue
            content = .scalar(
                Scalar(raw: scalar.string, text: text, isPlain: !isText, isUnfilled: !wrong.isEmpty))
        case .sequence(let sequence):
            content = .list(
                sequence.map { YAMLNode($0, at: path, variables: variables, problems: &problems) })
        case .mapping(let mapping):
            content = .mapping(
                Self.entries(mapping, at: path, line: line, variables: variables, problems: &problems))
        case .alias:
            // Yams puts the node in place of its alias.
            content = .scalar(Scalar(raw: "", text: "", isPlain: true))
        }
        self.init(line: line, content: content)
    }

    private static func entries(
        _ mapping: Node.Mapping, at path: [String], line: Int, variables: Variables,
        problems: inout Problems
    ) -> [Entry] {
        var entries: [Entry] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? line
            guard let scalar = key.scalar else {
                problems.add(line, "a key must be a text, not a list or a mapping")
                continue
            }
            let value = YAMLNode(
                value, at: path + [scalar.string], variables: variables, problems: &problems)
            entries.append(Entry(key: scalar.string, line: line, value: value))
        }
        return DuplicateKeys.merge(entries, problems: &problems)
    }

    /// Nothing that belongs into a file.
    private static func isSecret(_ path: [String]) -> Bool {
        let (parent, name) = (path.dropLast().last, path.last)
        return parent == "http" && name == "key" || parent == "headers" || path == ["server", "token"]
    }
}
