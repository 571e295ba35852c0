import Yams

/// A part of the file with the line where it stands, its variables filled in.
struct YAMLNode {
    let line: Int
    let content: Content

    enum Content {
        case scalar(Scalar)
        case list([YAMLNode])
        case mapping([Entry])
    }

    struct Scalar {
        /// As it stands in the file.
        let raw: String
        /// With its variables filled in; may hold a secret.
        let text: String
        /// Not quoted: `1` is a number and `null` nothing.
        let isPlain: Bool
    }

    struct Entry {
        let key: String
        let line: Int
        let value: YAMLNode
    }
}

extension YAMLNode {
    init(_ node: Node, variables: Variables, problems: inout Problems) {
        line = node.mark?.line ?? 1
        switch node {
        case .scalar(let scalar):
            let (text, wrong) = variables.expand(scalar.string)
            for message in wrong { problems.add(line, message) }
            let isText = scalar.style != .plain || scalar.tag.description == Tag.Name.str.rawValue
            content = .scalar(Scalar(raw: scalar.string, text: text, isPlain: !isText))
        case .sequence(let sequence):
            content = .list(sequence.map { YAMLNode($0, variables: variables, problems: &problems) })
        case .mapping(let mapping):
            content = .mapping(Self.entries(mapping, line: line, variables: variables, problems: &problems))
        case .alias:
            // Yams puts the node in place of its alias.
            content = .scalar(Scalar(raw: "", text: "", isPlain: true))
        }
    }

    private static func entries(
        _ mapping: Node.Mapping, line: Int, variables: Variables, problems: inout Problems
    ) -> [Entry] {
        var entries: [Entry] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? line
            guard let scalar = key.scalar else {
                problems.add(line, "a key must be a text, not a list or a mapping")
                continue
            }
            let value = YAMLNode(value, variables: variables, problems: &problems)
            entries.append(Entry(key: scalar.string, line: line, value: value))
        }
        return DuplicateKeys.merge(entries, problems: &problems)
    }

    /// True for an empty value, `~` and `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = content else { return false }
        return scalar.isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// What stands there, for a message: never a secret.
    var found: String {
        switch content {
        case .list: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar): return isNull ? "nothing" : shown(scalar.raw)
        }
    }
}

/// A text of the file as a message shows it: not too long, and nothing of a URI, which may hold a password.
func shown(_ text: String) -> String {
    if let scheme = text.firstRange(of: "://") { return "`\(text[..<scheme.upperBound].suffix(20))…`" }
    let line = text.prefix(60).map { $0.isNewline ? " " : String($0) }.joined()
    return "`\(line)\(text.count > 60 ? "…" : "")`"
}
