import MongoBSON

/// Reads a mapping by its known keys, and reports those it does not know.
package struct MappingReader {
    package let line: Int
    /// As messages call it: `a listener`.
    package let what: String
    private let entries: [YAMLNode.Entry]
    /// Known keys that have no value here, which is reported already: one that is misspelled, or a variable that is not set.
    private let meant: Set<String>

    /// - Parameters:
    ///   - schema: its known keys.
    /// - Returns: nil, with a problem, when the node is no mapping.
    package init?(
        _ node: YAMLNode, _ what: String, _ schema: MappingSchema, problems: inout Problems
    ) {
        let keys = schema.names
        guard case .mapping(let entries) = node.content else {
            let list = keys.codeList
            problems.add(node.line, "\(what) must be a mapping with \(list): found \(node.found)")
            return nil
        }
        line = node.line
        self.what = what
        self.entries = entries.filter { !$0.value.isUnfilled }
        var meant = Set(entries.filter(\.value.isUnfilled).map(\.key))
        for entry in entries where !keys.contains(entry.key) {
            let key = schema.synonyms[entry.key] ?? suggestion(for: entry.key, among: keys)
            if let key {
                meant.insert(key)
                problems.add(entry.line, "unknown key \(shown(entry.key)) of \(what): did you mean `\(key)`?")
            } else {
                let list = keys.codeList
                problems.add(entry.line, "unknown key \(shown(entry.key)) of \(what), which has \(list)")
            }
        }
        self.meant = meant
    }

    package func entry(_ key: String) -> YAMLNode.Entry? {
        entries.first { $0.key == key }
    }

    package subscript(key: String) -> YAMLNode? {
        entry(key)?.value
    }

    /// The value of a key that must be there; one that is there misspelled is reported once.
    package func required(_ key: String, _ example: String, problems: inout Problems) -> YAMLNode? {
        if let node = self[key] { return node }
        if !meant.contains(key) { problems.add(line, "\(what) needs `\(key)`, as `\(example)`") }
        return nil
    }

    /// True when the key is there, or one that probably means it.
    package func hasOrMeans(_ key: String) -> Bool {
        self[key] != nil || meant.contains(key)
    }
}
