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

    /// The model that a new configuration begins with, the nearest one, and what may stand in its place.
    package func proposals(
        in surroundings: Surroundings
    ) -> (model: ModelProposal, alternatives: [ModelProposal])? {
        let all = providers.flatMap { $0.proposals(in: surroundings) }
        guard let model = all.min(by: { $0.standing < $1.standing }), model.standing != .later else {
            return nil
        }
        // A program to put a model into is for those who have none.
        return (model, all.filter { $0 != model && $0.standing != .example })
    }
}
