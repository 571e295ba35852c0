import Dispatch
import LockstepCore
import LockstepProviders
import LockstepReading
import MongoBSON

/// The models and listeners of a configuration, ready to use.
package struct Assembly: Sendable {
    /// In the order of the file.
    package let listeners: [Listener]
    /// What each listener, by its id, is.
    package let listenerDefinitions: [String: ListenerDefinition]
    /// Those of the file, used or not, by name.
    private let assembled: [String: AssembledModel]

    /// Two models of one definition do the same.
    package struct ModelDefinition: Sendable, Hashable {
        let provider: AnySpec
        let folder: ConfigurationFolder
        let settings: ModelSettings
    }

    /// Two listeners of one id and one definition do the same.
    package struct ListenerDefinition: Sendable, Hashable {
        let keys: [String]
        let filter: BSONDocument?
        let sink: AnySpec
        let model: ModelDefinition
    }

    struct AssembledModel: Sendable {
        let definition: ModelDefinition
        let provided: ProvidedModel
    }

    init(
        listeners: [Listener], definitions: [String: ListenerDefinition], models: [String: AssembledModel]
    ) {
        self.listeners = listeners
        listenerDefinitions = definitions
        assembled = models
    }

    package var models: [String: any Provider] {
        assembled.mapValues(\.provided.model)
    }

    package var modelDefinitions: [String: ModelDefinition] {
        assembled.mapValues(\.definition)
    }

    /// The model of that name, loaded or running perhaps, if it has this definition.
    func model(_ name: String, _ definition: ModelDefinition) -> AssembledModel? {
        assembled[name].flatMap { $0.definition == definition ? $0 : nil }
    }
}

extension Assembly {
    /// Ends what its models hold on to, as programs; blocks for up to 2 s. They cannot be used afterwards.
    package func shutdown() {
        Self.end(Array(assembled.values))
    }

    /// The same, but for the models that `other` shares with this one.
    package func shutdown(except other: Assembly) {
        Self.end(assembled.filter { other.model($0.key, $0.value.definition) == nil }.map(\.value))
    }

    private static func end(_ models: [AssembledModel]) {
        let ends = models.compactMap(\.provided.shutdown)
        // Side by side: each waits for its own.
        DispatchQueue.concurrentPerform(iterations: ends.count) { ends[$0]() }
    }
}
