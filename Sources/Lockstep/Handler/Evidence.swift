/// What a document says about one listener's output.
struct Evidence: Sendable {
    /// The values of the keys, absent ones as null; nil when there is no input: all keys absent, or the listener's
    /// filter does not match.
    var input: [BSONValue]?
    /// The document is there, but the listener's filter does not match it.
    var isUnmatched = false
    /// There is an input, and why the listener's filter cannot be evaluated on the document.
    var unjudged: String?
    var hasOutput: Bool
    /// Something stands where the provenance belongs.
    var hasProvenance: Bool
    var provenance: Provenance?
    /// An array stands above our fields.
    var isWalled = false
}

/// Whether an output is what it should be.
package enum Verdict: String, Sendable {
    case fresh, stale, missing, extra
}

extension Evidence {
    /// With what the server says of the listener's filter: whether it matches, or why that cannot be told.
    func judged(isMatching: Bool, unjudged: String?) -> Evidence {
        var evidence = self
        if unjudged != nil {
            // Without an input there is no output, whatever the filter says.
            evidence.unjudged = input == nil ? nil : unjudged
        } else if !isMatching {
            evidence.input = nil
            evidence.isUnmatched = true
        }
        return evidence
    }

    /// Nothing stands where Lockstep writes.
    var isBare: Bool {
        !hasOutput && !hasProvenance
    }

    /// Decides from the evidence alone, with the fingerprint of the input if there is one.
    func verdict(fingerprint: Fingerprint?, version: String) -> Verdict {
        guard let fingerprint else { return hasOutput || hasProvenance ? .extra : .fresh }
        guard hasOutput else { return .missing }
        guard unjudged == nil else { return .stale }
        return provenance?.input == fingerprint && provenance?.version == version ? .fresh : .stale
    }
}
