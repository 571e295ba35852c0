import LockstepCore
import LockstepState
import MongoBSON

/// One document as one listener sees it.
package struct DocumentView: Sendable {
    package let listener: Listener
    /// The values of its keys, absent ones as null; nil when there is no input.
    package let input: [BSONValue]?
    /// The listener's `where` does not match the document.
    package let isUnmatched: Bool
    /// Why the listener's `where` cannot be evaluated on the document.
    package let unjudged: String?
    package let output: BSONValue?
    package let origin: Origin?
    package let verdict: Verdict
    /// Why it has no output, when it is parked with its present input and version.
    package let failure: ParkedDocument?

    /// What the output was computed from.
    package struct Origin: Sendable {
        package let version: String
        /// Milliseconds since 1970.
        package let at: Int64
        /// It was the input of now.
        package let isOfThisInput: Bool
        /// The model takes less text than it has.
        package let isTruncated: Bool
    }
}

extension DocumentView {
    package init(
        _ listener: Listener, _ evidence: Evidence, output: BSONValue?, parked: ParkedFailure?
    ) {
        let fingerprint = evidence.input.map { Fingerprint(of: $0) }
        self.listener = listener
        input = evidence.input
        isUnmatched = evidence.isUnmatched
        unjudged = evidence.unjudged
        self.output = output
        verdict = evidence.verdict(fingerprint: fingerprint, version: listener.model.version)
        origin = evidence.stored.provenance.map {
            Origin(
                version: $0.version, at: $0.at, isOfThisInput: $0.input == fingerprint,
                isTruncated: $0.isTruncated)
        }
        // As an audit counts it: a parked document has no output.
        let isParked =
            verdict != .fresh && evidence.stored.isBare
            && parked?.input == (evidence.unjudged == nil ? fingerprint : nil)
            && parked?.version == listener.model.version
        failure = isParked ? parked.map(ParkedDocument.init) : nil
    }
}
