import LockstepReading

/// One place for the outputs of a listener, as `lockstep.yaml` knows it: its keys, and how they are read and checked.
package protocol SinkKind: Sendable {
    /// The key of a listener's mapping that selects it, with its own keys beside it.
    var keys: KindKeys { get }

    /// - Parameters:
    ///   - entry: the key that selects this kind; nil where no key selects another kind.
    ///   - listener: the mapping of the listener.
    /// - Returns: nil, with a problem, when it cannot be read.
    func read(
        _ entry: YAMLNode.Entry?, in listener: MappingReader, problems: inout Problems
    ) -> (any SinkSpec)?

    /// Reports the rules of this place that listeners break between them.
    ///
    /// - Parameter areAll: false when there are more listeners, which could not be read.
    func check(_ listeners: [ListenerSpec], areAll: Bool, problems: inout Problems)
}
