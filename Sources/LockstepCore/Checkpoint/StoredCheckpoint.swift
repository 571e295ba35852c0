import MongoBSON

/// The stored checkpoint, whether or not it can be resumed from.
package struct StoredCheckpoint: Sendable {
    package var checkpoint: Checkpoint?
    /// Why the stored checkpoint cannot be resumed from.
    package var problem: String?
    package var term: Int64 = 0
    /// The cluster's time when it was read; nil on a standalone server.
    package var present: BSONTimestamp?

    package init(
        checkpoint: Checkpoint? = nil, problem: String? = nil, term: Int64 = 0, present: BSONTimestamp? = nil
    ) {
        self.checkpoint = checkpoint
        self.problem = problem
        self.term = term
        self.present = present
    }
}
