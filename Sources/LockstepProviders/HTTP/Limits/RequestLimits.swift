/// How much one request of an API takes, as its documentation says; what a server says itself goes before.
package struct RequestLimits: Hashable, Sendable {
    package var inputs: Int
    /// Of all inputs together; nil where nothing is known.
    package var tokens: Int?
    /// Of one text, where the API cuts longer ones without a word; nil where it refuses them, or can be told to.
    package var silentTokens: Int?

    package init(inputs: Int, tokens: Int? = nil, silentTokens: Int? = nil) {
        self.inputs = inputs
        self.tokens = tokens
        self.silentTokens = silentTokens
    }
}
