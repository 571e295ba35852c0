import MongoBSON

/// Decides from an event whether a listener has to read the document.
package struct ListenerRoute {
    package enum Interest: Equatable {
        case none
        case read
        /// Look, and compute even if the provenance matches: the output was changed alone.
        case force
    }

    private let inputs: [[UInt8]]
    /// The listener's filter reads fields that cannot be told from its form.
    private let readsAnything: Bool
    private let output: [UInt8]
    private let provenance: [UInt8]
    /// The output is not in the document, and stays when it goes.
    package let outlivesDocuments: Bool
    private let rule: InputRule
    private let hasFilter: Bool

    package init(_ listener: Listener) {
        let filter = FilterPaths(listener.filter)
        inputs = (listener.keys + filter.paths).map { Array($0.text.utf8) }
        readsAnything = filter.readsAnything
        output = Array(listener.outputPath.text.utf8)
        provenance = Array(listener.provenancePath.text.utf8)
        outlivesDocuments = listener.store != nil
        rule = listener.inputRule
        hasFilter = listener.filter != nil
    }

    /// For an update, by the paths it touched.
    package func interest(inUpdate event: StreamEvent) -> Interest {
        var touchesInput = readsAnything
        var touchesOutput = false
        var touchesProvenance = false
        var removesProvenance = false
        event.forEachTouchedPath { path, isRemoved in
            if !outlivesDocuments {
                if pathsOverlap(path, output) { touchesOutput = true }
                if pathsOverlap(path, provenance) {
                    if isRemoved { removesProvenance = true } else { touchesProvenance = true }
                }
            }
            touchesInput = touchesInput || inputs.contains { pathsOverlap(path, $0) }
        }
        // Without its provenance an output is stale, and whoever reads it sees that.
        if removesProvenance, !touchesProvenance, !touchesOutput { return .read }
        touchesProvenance = touchesProvenance || removesProvenance
        // Lockstep moves both together; an output that moves alone was moved by somebody else.
        // mechanism moved-alone
        if touchesOutput != touchesProvenance { return .force }
        return touchesInput || touchesOutput || touchesProvenance ? .read : .none
    }

    /// For an insert or a replace, by the document it brought; `carries`: whether the values may be used at once.
    package func interest(
        inDocument document: BSONView, carries: Bool
    ) -> (interest: Interest, values: [BSONValue]?) {
        // What is known of an output elsewhere, the document does not tell.
        guard !outlivesDocuments else { return (.read, nil) }
        let isOurs = document[OutputPlace.outputs] != nil || document[OutputPlace.provenance] != nil
        var values: [BSONValue]? = []
        for key in rule.keys {
            switch PlainValue(at: key, in: document) {
            case .absent: values?.append(.null)
            case .value(let element): values?.append(BSONValue(copying: element))
            case .insideArray: values = nil
            }
        }
        if let values, rule.isAbsent(values), !isOurs { return (.none, nil) }
        return (.read, carries && !hasFilter && !isOurs ? values : nil)
    }

    /// The provenance in an event that moved this output and its provenance and nothing else.
    package func ownProvenance(in event: StreamEvent) -> Provenance? {
        for _ in event.removedFields ?? .empty { return nil }
        for _ in event.truncatedArrays ?? .empty { return nil }
        guard !outlivesDocuments, let fields = event.updatedFields else { return nil }
        var found: Provenance?
        for field in fields {
            if let element = sole(field, at: provenance) {
                found = Provenance(element)
            } else if sole(field, at: output) == nil {
                return nil
            }
        }
        return found
    }

    /// What stands at `path` under a changed field that brings nothing else.
    private func sole(_ field: BSONElement, at path: [UInt8]) -> BSONElement? {
        guard path.starts(with: field.key) else { return nil }
        var rest = path.dropFirst(field.key.count)
        var current = field
        while !rest.isEmpty {
            guard rest.first == UInt8(ascii: ".") else { return nil }
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != UInt8(ascii: ".") }
            guard let view = current.nested else { return nil }
            var count = 0
            for _ in view { count += 1 }
            guard count == 1, let next = view[utf8: name] else { return nil }
            rest = rest.dropFirst(name.count)
            current = next
        }
        return current
    }
}
