import MongoBSON

/// What is known of the output of one document.
package struct OutputEvidence: Sendable {
    package var hasOutput = false
    /// Something stands where the provenance belongs.
    package var hasProvenance = false
    package var provenance: Provenance?
    /// Something stands above the output that must be cleared before anything can be stored or removed.
    package var isObstructed = false
    /// The output itself, where it was asked for.
    package var output: BSONValue?

    package init(
        hasOutput: Bool = false, hasProvenance: Bool = false, provenance: Provenance? = nil,
        isObstructed: Bool = false, output: BSONValue? = nil
    ) {
        self.hasOutput = hasOutput
        self.hasProvenance = hasProvenance
        self.provenance = provenance
        self.isObstructed = isObstructed
        self.output = output
    }

    /// True when neither an output nor a provenance is stored.
    package var isBare: Bool {
        !hasOutput && !hasProvenance
    }
}
