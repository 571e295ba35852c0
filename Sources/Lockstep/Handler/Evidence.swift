/// What a document says about one listener's output.
struct Evidence: Sendable {
    /// The values of the keys, absent ones as null; nil when there is no input: all keys absent, or the listener's
    /// filter does not match.
    var input: [BSONValue]?
    /// The document is there, but the listener's filter does not match it.
    var isUnmatched = false
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
    /// Decides from the evidence alone, with the fingerprint of the input if there is one.
    func verdict(fingerprint: Fingerprint?, version: String) -> Verdict {
        guard let fingerprint else { return hasOutput || hasProvenance ? .extra : .fresh }
        guard hasOutput else { return .missing }
        return provenance?.input == fingerprint && provenance?.version == version ? .fresh : .stale
    }
}
