import MongoBSON

/// The fields that an MQL filter reads: a change of one of them can bring a document in or out.
package struct FilterPaths {
    package private(set) var paths: [FieldPath] = []
    /// The filter has a part whose fields its form does not show, as `$where`.
    package private(set) var readsAnything = false

    package init(_ filter: BSONDocument?) {
        if let filter { collect(filter) }
    }

    private mutating func collect(_ filter: BSONDocument) {
        for (name, value) in filter {
            switch name {
            case "$and", "$or", "$nor":
                for part in value.array ?? [] {
                    if let part = part.document { collect(part) }
                }
            case "$expr": collect(expression: value)
            case "$comment": break
            case _ where name.hasPrefix("$"): readsAnything = true
            default: paths.append(FieldPath(Self.withoutIndices(name)))
            }
        }
    }

    /// In an expression every text that begins with `$` is a field, `$$ROOT` is all of them.
    private mutating func collect(expression: BSONValue) {
        if let text = expression.string {
            for whole in ["$$ROOT", "$$CURRENT"] where text.hasPrefix(whole) {
                let rest = text.dropFirst(whole.count + 1)
                if rest.isEmpty { readsAnything = true } else { paths.append(FieldPath(String(rest))) }
                return
            }
            if text.hasPrefix("$"), !text.hasPrefix("$$") {
                paths.append(FieldPath(String(text.dropFirst())))
            }
        } else if let values = expression.array {
            for value in values { collect(expression: value) }
        } else if let document = expression.document {
            for (name, value) in document where name != "$literal" { collect(expression: value) }
        }
    }

    // `tags.0` also changes when the array in `tags` is replaced or an element before it is removed.
    private static func withoutIndices(_ path: String) -> String {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false)
        guard let index = parts.dropFirst().firstIndex(where: { $0.allSatisfy(\.isNumber) }) else {
            return path
        }
        return parts[..<index].joined(separator: ".")
    }
}
