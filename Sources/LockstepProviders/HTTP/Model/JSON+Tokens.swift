extension JSON {
    /// How many tokens a server has counted; nil where that is no number that a request can have.
    var tokenCount: Int? {
        int.flatMap { 0...1_000_000_000 ~= $0 ? $0 : nil }
    }

    /// Of OpenAI's `usage`.
    var promptTokens: Int? {
        self["prompt_tokens"]?.tokenCount ?? self["total_tokens"]?.tokenCount
    }
}
