/// What a model is sent for each input beside the input itself, as a prompt or a prefix: it is counted and paid with it.
package struct InputFrame: Hashable, Sendable {
    package let text: String
    /// How often the input itself is sent, as a prompt may repeat it.
    package let repeats: Int

    /// The input, once and alone.
    package static let none = InputFrame("")

    package init(_ text: String, repeats: Int = 1) {
        self.text = text
        self.repeats = repeats
    }

    /// By the estimate of ``TokenEstimate``.
    package var tokens: Int { TokenEstimate.of(text) }

    /// What is sent for so many inputs.
    ///
    /// - Parameter size: bytes of the inputs.
    package func bytes(inputs: Int, size: Int) -> Int {
        size * repeats + inputs * text.utf8.count
    }
}
