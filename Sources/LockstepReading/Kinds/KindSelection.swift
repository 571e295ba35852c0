/// Which of several kinds a mapping selects.
package enum KindSelection<Kind> {
    case none
    case one(Kind, YAMLNode.Entry)
    /// Reported already.
    case several

    package init(
        among kinds: [Kind], by keys: (Kind) -> KindKeys, in mapping: MappingReader, problems: inout Problems
    ) {
        let selected = kinds.compactMap { kind in keys(kind).selection(in: mapping).map { (kind, $0) } }
        guard let last = selected.last else {
            self = .none
            return
        }
        guard selected.count > 1 else {
            self = .one(last.0, last.1)
            return
        }
        let names = selected.map(\.1.key).code.joined(last: " and ")
        problems.add(
            last.1.line, "\(mapping.what) has \(selected.count == 2 ? "both " : "")\(names): keep one of them"
        )
        self = .several
    }
}
