import LockstepCore

/// The fields of a document that Lockstep keeps.
package enum OutputRoots {
    package static let outputs = "_outputs"
    package static let provenance = "_lockstep"

    /// Where the output of a listener stands.
    package static func outputPath(name: String, model: String) -> FieldPath {
        FieldPath("\(outputs).\(name).\(model)")
    }
}
