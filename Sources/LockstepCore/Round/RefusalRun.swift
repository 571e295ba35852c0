/// Separates a rule that refuses the outputs of all documents from single documents whose outputs are refused.
///
/// Refusals one after another, with no output stored between them, are taken for a rule: the first are parked, so that
/// they can be seen, and the others are pending until one is stored again.
package struct RefusalRun {
    /// Documents that are parked before the others wait.
    package static let limit = 3

    /// Refusals in a row, up to the limit.
    private var refusals: Int
    /// What is refused is pending, and few documents at a time are tried.
    package private(set) var isHolding = false

    /// - Parameter isSuspected: outputs were refused before, and none is known to have been stored since.
    package init(isSuspected: Bool = false) {
        refusals = isSuspected ? Self.limit : 0
    }

    /// The next refusal is not parked any more: few documents at a time are tried.
    package var isSuspected: Bool {
        refusals >= Self.limit
    }

    /// What one round of writes calls for.
    package struct Decision: Equatable {
        /// How many of the refused documents are parked; the others are pending.
        package var parked: Int
        /// Outputs are stored again after they were refused: what was parked for that is retried.
        package var isOver = false
    }

    /// - Parameters:
    ///   - stored: outputs that MongoDB took.
    ///   - refused: outputs and removals that a rule of the collection refused.
    package mutating func count(stored: Int, refused: Int) -> Decision {
        if stored > 0 {
            defer { self = RefusalRun() }
            return Decision(parked: refused, isOver: isHolding)
        }
        // mechanism refusal-hold, off:
        //   isHolding ? 0 : min(refused, Self.limit - refusals) becomes refused
        let parked = isHolding ? 0 : min(refused, Self.limit - refusals)
        refusals = min(Self.limit, refusals + refused)
        isHolding = isHolding || refused > parked
        return Decision(parked: parked)
    }
}
