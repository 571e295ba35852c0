/// The fields that an MQL filter reads: a change of one of them can bring a document in or out.
struct FilterPaths {
    private(set) var paths: [FieldPath] = []
    /// The filter has a part whose fields its form does not show, as `$expr`.
    private(set) var readsAnything = false

    init(_ filter: BSONDocument?) {
        if let filter { collect(filter) }
    }

    private mutating func collect(_ filter: BSONDocument) {
        for (name, value) in filter {
            switch name {
            case "$and", "$or", "$nor":
                for part in value.array ?? [] {
                    if let part = part.document { collect(part) }
                }
            case "$comment": break
            case _ where name.hasPrefix("$"): readsAnything = true
            default: paths.append(FieldPath(Self.withoutIndices(name)))
            }
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
