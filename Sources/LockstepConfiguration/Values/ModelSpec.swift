import LockstepCore
import LockstepProviders

/// One entry of `models`.
package struct ModelSpec: Sendable {
    package let provider: any ProviderSpec
    /// Default: a hash of the model's files or of its definition.
    package var version: String?
    /// Default: BSON vectors, and whatever a program answers as it is.
    package var vectors: VectorFormat?
    /// Inputs in one call, at most. Default that of `BatchLimits`.
    package var batchCount: Int?
    /// Bytes of inputs in one call, at most. Default that of `BatchLimits`.
    package var batchBytes: Int?
    /// Equal inputs are asked once, over time too. Default: as the provider does by itself.
    package var memo: Bool?
    /// Where it stands in the file.
    package let line: Int

    init(provider: any ProviderSpec, line: Int) {
        self.provider = provider
        self.line = line
    }
}
