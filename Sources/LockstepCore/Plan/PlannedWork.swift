import MongoBSON

/// What a daemon is about to do with one document for one listener.
package enum PlannedWork: Sendable, Hashable {
    case nothing
    /// The model is asked for this input.
    case compute([BSONValue], Fingerprint)
    /// The model is asked for what another listener is about to write.
    case computeLater
    /// The output goes.
    case remove
}

extension PlannedWork {
    /// - Parameters:
    ///   - evidence: of the document for this listener.
    ///   - fingerprint: of its input.
    ///   - version: the model's.
    ///   - isUpheld: it is parked, and is not tried again by itself.
    ///   - upstream: the work for the listeners whose outputs are keys of this one.
    package init(
        _ evidence: Evidence, fingerprint: Fingerprint?, version: String, isUpheld: Bool,
        upstream: [PlannedWork]
    ) {
        if upstream.contains(where: \.computes) {
            // Whether its `where` matches then is not known: as it does now.
            self = evidence.isUnmatched || evidence.unjudged != nil ? .nothing : .computeLater
        } else if upstream.contains(.remove) {
            self = evidence.stored.isBare ? .nothing : .remove
        } else {
            switch evidence.verdict(fingerprint: fingerprint, version: version) {
            case .fresh: self = .nothing
            case .extra: self = .remove
            case .stale, .missing:
                guard !isUpheld, evidence.unjudged == nil, let input = evidence.input, let fingerprint else {
                    self = .nothing
                    return
                }
                self = .compute(input, fingerprint)
            }
        }
    }

    package var computes: Bool {
        switch self {
        case .compute, .computeLater: true
        case .nothing, .remove: false
        }
    }
}
