/// A part of the file with the line where it stands, its variables filled in.
package struct YAMLNode {
    package let line: Int
    package let content: Content

    package enum Content {
        case scalar(Scalar)
        case list([YAMLNode])
        case mapping([Entry])
    }

    package struct Scalar {
        /// As it stands in the file.
        package let raw: String
        /// With its variables filled in; may hold a secret.
        package let text: String
        /// Not quoted: `1` is a number and `null` nothing.
        package let isPlain: Bool
        /// A variable in it has no value, which is reported already.
        package let isUnfilled: Bool

        package init(raw: String, text: String, isPlain: Bool, isUnfilled: Bool = false) {
            self.raw = raw
            self.text = text
            self.isPlain = isPlain
            self.isUnfilled = isUnfilled
        }
    }

    package struct Entry {
        package let key: String
        package let line: Int
        package let value: YAMLNode

        package init(key: String, line: Int, value: YAMLNode) {
            self.key = key
            self.line = line
            self.value = value
        }
    }

    package init(line: Int, content: Content) {
        self.line = line
        self.content = content
    }
}

extension YAMLNode {
    /// True for an empty value, `~` and `null`.
    package var isNull: Bool {
        guard case .scalar(let scalar) = content else { return false }
        return scalar.isPlain && !scalar.isUnfilled
            && ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// A variable in it has no value: what it lacks for that is not reported again.
    package var isUnfilled: Bool {
        if case .scalar(let scalar) = content { scalar.isUnfilled } else { false }
    }

    /// What stands there, for a message: never a secret.
    package var found: String {
        switch content {
        case .list: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar): return isNull ? "nothing" : shown(scalar.raw)
        }
    }
}

/// A text of the file as a message shows it: not too long, and nothing of a URI, which may hold a password.
package func shown(_ text: String) -> String {
    if let scheme = text.firstRange(of: "://") { return "`\(text[..<scheme.upperBound].suffix(20))…`" }
    let line = text.prefix(60).map { $0.isNewline ? " " : String($0) }.joined()
    return "`\(line)\(text.count > 60 ? "…" : "")`"
}
