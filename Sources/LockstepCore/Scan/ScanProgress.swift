import MongoBSON

/// How far a listener's documents were scanned.
package struct ScanProgress: Sendable, Hashable {
    /// What the listener was then: another definition means another look at everything.
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
