import LockstepReading

/// One way to make models, as `lockstep.yaml` knows it: what its mapping looks like, and how it is read.
package protocol ProviderKind: Sendable {
    /// The key that selects it in a model's mapping, with its own keys beside it.
    var keys: KindKeys { get }
    /// For the schema: what a model of this kind is, as `a program`.
    var about: String { get }
    /// For messages: how it is selected, as `openvino: <directory>`.
    var usage: String { get }
    /// For messages: what stands before the name of the selecting key.
    var article: String { get }

    /// - Parameters:
    ///   - entry: the key that selects this kind.
    ///   - model: the mapping that it stands in.
    /// - Returns: nil, with a problem, when it cannot be read.
    func read(
        _ entry: YAMLNode.Entry, in model: MappingReader, problems: inout Problems
    ) -> (any ProviderSpec)?

    /// The models that a new configuration may begin with, best first; empty when there is none of this kind.
    func proposals(in surroundings: Surroundings) -> [ModelProposal]
}

extension ProviderKind {
    package var article: String {
        keys.selector.map { "aeiou".contains($0.name.prefix(1)) ? "an" : "a" } ?? "a"
    }

    package func proposals(in surroundings: Surroundings) -> [ModelProposal] { [] }
}
