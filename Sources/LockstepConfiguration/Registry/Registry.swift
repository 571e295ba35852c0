import LockstepProviders
import LockstepSinks

/// The kinds of models and of places for outputs that `lockstep.yaml` may name.
package struct Registry: Sendable {
    /// In the order in which messages and `lockstep init` name them.
    package var providers: [any ProviderKind]
    /// Where no key of a listener selects another.
    package var defaultSink: any SinkKind
    /// Those that a key of a listener selects.
    package var sinks: [any SinkKind]

    /// What Lockstep brings along: a new kind is a line here.
    package static let standard = Registry(
        providers: [
            OpenVINOKind(),
            ExecKind(),
            HTTPKind(),
        ],
        sinks: [])

    package init(
        providers: [any ProviderKind], defaultSink: any SinkKind = DocumentKind(), sinks: [any SinkKind]
    ) {
        self.providers = providers
        self.defaultSink = defaultSink
        self.sinks = sinks
    }

    var allSinks: [any SinkKind] {
        [defaultSink] + sinks
    }

    /// The model that a new configuration begins with: the first that this machine has.
    ///
    /// - Parameter folder: of the file to be written, absolute.
    package func proposal(beside folder: String, environment: [String: String]) -> ModelProposal? {
        providers.lazy.compactMap { $0.proposal(beside: folder, environment: environment) }.first
    }
}
