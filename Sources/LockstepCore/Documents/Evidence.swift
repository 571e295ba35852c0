import MongoBSON

/// What a document says about one listener's output.
package struct Evidence: Sendable {
    /// The values of the keys, absent ones as null; nil when there is no input: all keys absent, or the listener's
    /// filter does not match.
    package var input: [BSONValue]?
    /// The document is there, but the listener's filter does not match it.
    package var isUnmatched = false
    /// There is an input, and why the listener's filter cannot be evaluated on the document.
    package var unjudged: String?
    /// What is known of the output.
    package var stored = OutputEvidence()

    package init(
        input: [BSONValue]? = nil, isUnmatched: Bool = false, unjudged: String? = nil,
        stored: OutputEvidence = OutputEvidence()
    ) {
        self.input = input
        self.isUnmatched = isUnmatched
        self.unjudged = unjudged
        self.stored = stored
    }
}

/// Whether an output is what it should be.
package enum Verdict: String, Sendable {
    case fresh, stale, missing, extra
}

extension Evidence {
    /// The same, with the server's answer to the listener's filter: whether it matches, or why it cannot be evaluated.
    package func judged(isMatching: Bool, unjudged: String?) -> Evidence {
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

    /// Decides from the evidence alone, with the fingerprint of the input if there is one.
    package func verdict(fingerprint: Fingerprint?, version: String) -> Verdict {
        guard let fingerprint else { return stored.isBare ? .fresh : .extra }
        guard stored.hasOutput else { return .missing }
        guard unjudged == nil, let provenance = stored.provenance else { return .stale }
        // mechanism fingerprint, off: provenance.input == fingerprint becomes true
        // mechanism version, off: provenance.version == version becomes true
        return provenance.input == fingerprint && provenance.version == version ? .fresh : .stale
    }
}
