extension API {
    /// The events of ``Route/events``.
    package enum Event: String, Sendable, CaseIterable {
        case status, changes
    }

    /// Documents that were handled a moment ago, oldest first.
    package struct Changes: Codable, Sendable, Equatable {
        package var changes: [Change]
        /// How many more there were.
        package var skipped: Int

        package init(
            changes: [Change], skipped: Int
        ) {
            self.changes = changes
            self.skipped = skipped
        }
    }

    package struct Change: Codable, Sendable, Equatable {
        /// Counts up since the start.
        package var seq: Int
        package var at: String
        package var listener: String
        package var document: ExtendedJSON
        package var outcome: Outcome
        @Nullable package var milliseconds: Double?

        package enum Outcome: String, Codable, Sendable, CaseIterable {
            case stored, removed, parked
        }

        package init(
            seq: Int, at: String, listener: String, document: ExtendedJSON, outcome: Outcome,
            milliseconds: Double?
        ) {
            self.seq = seq
            self.at = at
            self.listener = listener
            self.document = document
            self.outcome = outcome
            self.milliseconds = milliseconds
        }
    }
}
