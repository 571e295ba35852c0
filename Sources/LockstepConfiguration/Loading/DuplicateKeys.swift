import LockstepReading
import Yams

/// Reads YAML with keys that stand twice in a mapping, which Yams refuses at the first one: so that they are
/// reported with everything else, each but the last is renamed in the text and told by its mark.
enum DuplicateKeys {
    /// Of Unicode's private use: no key begins with it.
    private static let mark: Character = "\u{E0FF}"
    /// Duplicates that are told apart; beyond, one error stands for the rest.
    private static let most = 100

    /// The root of the text; nil when it holds nothing.
    static func compose(_ text: String) throws -> Node? {
        var text = text
        // Each of them means reading the whole text once more.
        let most = text.utf8.count > 1 << 16 ? 5 : most
        for number in 0..<most {
            do {
                return try Yams.compose(yaml: text, .basic)
            } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
                guard let key = duplicates.first,
                    let renamed = rename(key, number, at: context.mark, in: text)
                else { throw YamlError.duplicatedKeysInMapping(duplicates: duplicates, context: context) }
                text = renamed
            }
        }
        return try Yams.compose(yaml: text, .basic)
    }

    private static func rename(_ key: String, _ number: Int, at position: Mark, in text: String) -> String? {
        // Not by characters: "\r\n" is one.
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.UnicodeScalarView.init)
        guard lines.indices.contains(position.line - 1) else { return nil }
        var line = lines[position.line - 1]
        guard
            let start = line.index(line.startIndex, offsetBy: position.column - 1, limitedBy: line.endIndex)
        else { return nil }
        let written = [key, "\"\(key)\"", "'\(key)'"].first { line[start...].starts(with: $0.unicodeScalars) }
        guard let written else { return nil }
        let end = line.index(start, offsetBy: written.unicodeScalars.count)
        line.replaceSubrange(start..<end, with: "\"\(mark)\(number)\(mark)\(key)\"".unicodeScalars)
        lines[position.line - 1] = line
        return String(String.UnicodeScalarView(lines.joined(separator: CollectionOfOne("\n"))))
    }

    /// The entries without the renamed ones, each of which is a problem.
    static func merge(_ entries: [YAMLNode.Entry], problems: inout Problems) -> [YAMLNode.Entry] {
        var first: [String: Int] = [:]
        for entry in entries {
            guard let key = original(entry.key) else { continue }
            guard let line = first[key] else {
                first[key] = entry.line
                continue
            }
            problems.add(entry.line, again(key, line))
        }
        guard !first.isEmpty else { return entries }
        var kept: [YAMLNode.Entry] = []
        for entry in entries where original(entry.key) == nil {
            if let line = first[entry.key] { problems.add(entry.line, again(entry.key, line)) }
            kept.append(entry)
        }
        return kept
    }

    private static func again(_ key: String, _ line: Int) -> String {
        "the key \(shown(key)) stands here again, after line \(line): keep one of them"
    }

    private static func original(_ key: String) -> String? {
        guard key.first == mark else { return nil }
        return String(key.dropFirst().drop { $0 != mark }.dropFirst())
    }
}
