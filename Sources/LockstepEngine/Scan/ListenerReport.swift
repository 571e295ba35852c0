import LockstepCore
import MongoBSON

/// How many of a listener's documents are what they should be.
public struct ListenerReport: Sendable, Hashable {
    /// The listener's id.
    public let id: String
    public let on: String
    public let key: String
    public let model: String
    /// The path of its output.
    public let output: String
    /// Documents with an input; the sum of fresh, stale, missing and failed.
    public var documents = 0
    /// Those whose keys are all missing, null or, for a text model, blank, or that the listener's filter does not match.
    public var withoutInput = 0
    public var fresh = 0
    public var stale = 0
    public var missing = 0
    /// Outputs of documents without an input.
    public var extra = 0
    /// Parked with their present input.
    public var failed = 0
    /// Fresh outputs of texts that were cut, since the model takes no longer ones.
    public var truncated = 0
    /// Why MongoDB refuses outputs, and what to do, when documents are parked for that.
    public var refusal: String?

    package init(_ listener: Listener) {
        id = listener.id
        on = listener.collection.name
        key = listener.keyText
        model = listener.modelName
        output = listener.outputPath.text
    }

    /// Every output is right, or its document is parked for a reason.
    public var isFresh: Bool {
        stale == 0 && missing == 0 && extra == 0 && failed == 0
    }

    package mutating func count(
        _ verdict: Verdict, hasInput: Bool, isParked: Bool, isTruncated: Bool = false
    ) {
        if isTruncated { truncated += 1 }
        if hasInput { documents += 1 } else { withoutInput += 1 }
        switch verdict {
        case .fresh where !hasInput: break
        case .fresh: fresh += 1
        case _ where isParked: failed += 1
        case .stale: stale += 1
        case .missing: missing += 1
        case .extra: extra += 1
        }
    }
}

extension ListenerReport {
    public var document: BSONDocument {
        let counts: BSONDocument = [
            "on": BSONValue(on), "key": BSONValue(key), "model": BSONValue(model),
            "documents": BSONValue(documents), "withoutInput": BSONValue(withoutInput),
            "fresh": BSONValue(fresh), "stale": BSONValue(stale), "missing": BSONValue(missing),
            "extra": BSONValue(extra), "failed": BSONValue(failed), "truncated": BSONValue(truncated),
            "id": BSONValue(id), "output": BSONValue(output),
        ]
        guard let refusal else { return counts }
        return BSONDocument(counts.map { ($0.key, $0.value) } + [("refusal", BSONValue(refusal))])
    }
}
