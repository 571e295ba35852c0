/// How many of a collection's documents had no input for a listener when they were counted.
///
/// A scan counts exactly; until the next one the share is taken to stay, so that inserts and deletes cost no query.
package struct InputShare: Hashable, Sendable {
    /// Documents that were counted.
    package var documents = 0
    /// Those of them whose keys are all missing or null, or that the listener's `where` does not match.
    package var withoutInput = 0
    /// Those of them with an output of a text that was cut.
    package var truncated = 0

    package init(documents: Int = 0, withoutInput: Int = 0, truncated: Int = 0) {
        self.documents = documents
        self.withoutInput = withoutInput
        self.truncated = truncated
    }

    /// How many of so many documents have no input; exact when no more and no fewer were counted.
    package func withoutInput(of count: Int) -> Int {
        share(withoutInput, of: count)
    }

    /// The same for those whose text was cut.
    package func truncated(of count: Int) -> Int {
        share(truncated, of: count)
    }

    private func share(_ some: Int, of count: Int) -> Int {
        guard documents > 0 else { return 0 }
        let share = Double(some) / Double(documents)
        return min(count, Int((share * Double(count)).rounded()))
    }
}
