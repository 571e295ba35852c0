import LockstepCore

/// What the configuration says of the place of one listener's outputs: two equal ones are the same place.
package protocol SinkSpec: Hashable, Sendable {
    /// Where in its own document an output stands; nil when it stands elsewhere.
    func outputPath(name: String, model: String) -> FieldPath?

    /// Where the outputs live; nil keeps them in the documents.
    var store: (any OutputStore)? { get }
}

extension SinkSpec {
    package var store: (any OutputStore)? { nil }
}
