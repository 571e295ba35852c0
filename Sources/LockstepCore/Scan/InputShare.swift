/// How many of a collection's documents had no input for a listener when they were counted.
///
/// A scan counts exactly; until the next one the share is taken to stay, so that inserts and deletes cost no query.
package struct InputShare: Hashable, Sendable {
    /// Documents that were counted.
    package var documents = 0
    /// Those of them whose keys are all missing or null, or that the listener's `where` does not match.
    package var withoutInput = 0

    package init(documents: Int = 0, withoutInput: Int = 0) {
        self.documents = documents
        self.withoutInput = withoutInput
    }

    /// How many of so many documents have no input; exact when no more and no fewer were counted.
    package func withoutInput(of count: Int) -> Int {
        guard documents > 0 else { return 0 }
        let share = Double(withoutInput) / Double(documents)
        return min(count, Int((share * Double(count)).rounded()))
    }
}
