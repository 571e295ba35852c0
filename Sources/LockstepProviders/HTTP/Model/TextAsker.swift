import LockstepCore

/// Asks for the answers to some texts, in one request as a rule.
protocol TextAsker: Sendable {
    func ask(
        _ texts: [String], for purpose: TextPurpose, mayCut: Bool, _ learned: LearnedLimits
    ) async throws(Refusal) -> TextReply
}

/// What one request gave: an answer for each text.
struct TextReply {
    var answers: [Answer]
    /// By the server's own count.
    var tokens: Int?
    /// Requests that were made for it.
    var requests = 1
}
