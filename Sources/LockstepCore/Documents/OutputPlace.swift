/// Where in a document a listener's output stands, and what it was computed from.
package struct OutputPlace: Hashable, Sendable {
    /// The field that holds all outputs of a document.
    package static let outputs = "_outputs"
    /// The field that holds their provenance.
    package static let provenance = "_lockstep"

    package let output: FieldPath
    package let provenance: FieldPath

    /// - Parameters:
    ///   - stem: the key, or the listener's name.
    ///   - model: the model's name.
    package init(stem: String, model: String) {
        output = FieldPath("\(Self.outputs).\(stem).\(model)")
        provenance = FieldPath("\(Self.provenance).\(stem).\(model)")
    }

    /// The first part of a path is one of Lockstep's fields.
    package static func isOfLockstep(_ path: some StringProtocol) -> Bool {
        let root = path.prefix { $0 != "." }
        return root == outputs || root == provenance
    }
}
