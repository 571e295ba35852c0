import MongoBSON

/// How far a listener's documents were scanned.
package struct ScanProgress: Sendable, Hashable {
    /// The listener's definition then: with another one everything is scanned again.
    package var definition: String
    package var isComplete: Bool
    /// The `_id` up to which a scan has come.
    package var after: BSONValue?

    package init(definition: String, isComplete: Bool, after: BSONValue? = nil) {
        self.definition = definition
        self.isComplete = isComplete
        self.after = after
    }
}
