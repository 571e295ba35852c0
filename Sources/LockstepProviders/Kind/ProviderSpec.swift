import LockstepCore
import LockstepReading

/// What the configuration says of one model to its provider: two equal ones make the same model.
package protocol ProviderSpec: Hashable, Sendable {
    /// Says what this machine lacks to make the model. Loads nothing.
    func check(in folder: ConfigurationFolder) throws(ProviderProblem)

    /// The version where the file says none: a hash of the model's files or of its definition.
    func version(
        storing vectors: VectorFormat?, in folder: ConfigurationFolder
    ) throws(ProviderProblem) -> String

    /// The same version, where this machine tells it quickly; nil when it does not.
    func versionAtHand(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String?

    /// A hash of all that the model runs with: whether inputs that broke it are worth another try, and whether one
    /// that runs is the one that the configuration means.
    func setup(in folder: ConfigurationFolder) -> String

    /// What nothing says of the model and was assumed, each with what to write; for people. Loads nothing.
    func notes(in folder: ConfigurationFolder) -> [String]

    /// Makes the model. Loads nothing and starts nothing: that happens on first use.
    func make(_ settings: ModelSettings, in folder: ConfigurationFolder) -> ProvidedModel
}

extension ProviderSpec {
    package func check(in folder: ConfigurationFolder) throws(ProviderProblem) {}
    package func versionAtHand(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String? {
        nil
    }
    package func notes(in folder: ConfigurationFolder) -> [String] { [] }
}

/// Why a model cannot be made here, and what to do.
package struct ProviderProblem: Error {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}

/// What every model has, whoever provides it.
package struct ModelSettings: Hashable, Sendable {
    package let name: String
    package let version: String
    /// What it runs with; see ``ProviderSpec/setup(in:)``.
    package let setup: String
    /// Nil: as the provider does by itself.
    package let vectors: VectorFormat?
    /// Inputs in one call, at most; nil: that of `BatchLimits`.
    package let batchCount: Int?
    /// Bytes of inputs in one call, at most; nil: that of `BatchLimits`.
    package let batchBytes: Int?
    /// Equal inputs are asked once, over time too; nil: as the provider does by itself.
    package let memo: Bool?
    /// The model logs its ``ProviderSpec/notes(in:)`` when it is loaded.
    package let logsNotes: Bool

    package init(
        name: String, version: String, setup: String, vectors: VectorFormat?, batchCount: Int?,
        batchBytes: Int?, memo: Bool? = nil, logsNotes: Bool = true
    ) {
        self.name = name
        self.version = version
        self.setup = setup
        self.vectors = vectors
        self.batchCount = batchCount
        self.batchBytes = batchBytes
        self.memo = memo
        self.logsNotes = logsNotes
    }
}

/// A model, and how what it holds on to is ended.
package struct ProvidedModel: Sendable {
    package let model: any Provider
    /// Blocks until it is done. Nil when there is nothing to end.
    package let shutdown: (@Sendable () -> Void)?

    package init(_ model: any Provider, shutdown: (@Sendable () -> Void)? = nil) {
        self.model = model
        self.shutdown = shutdown
    }
}
