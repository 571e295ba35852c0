/// What `lockstep.yaml` says of how an encoder is used, over what its own files say.
package struct EncoderSettings: Hashable, Sendable {
    /// `mean`, `cls` or `last`.
    package var pooling: String?
    /// Vectors of norm 1.
    package var normalize: Bool?
    /// Tokens of a text that are read, at most.
    package var maxTokens: Int?
    /// As OpenVINO names it. Default `CPU`.
    package var device: String

    package init(
        pooling: String? = nil, normalize: Bool? = nil, maxTokens: Int? = nil, device: String = "CPU"
    ) {
        self.pooling = pooling
        self.normalize = normalize
        self.maxTokens = maxTokens
        self.device = device
    }
}
