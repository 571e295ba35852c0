import Foundation
public import Lockstep
import LockstepProviders

/// The models and listeners of a configuration, ready to use.
public struct Assembly: Sendable {
    /// In the order of the file.
    public let listeners: [Listener]
    /// Those of the file, used or not, by name.
    package let models: [String: AnyModel]
    /// What each model and each listener, by its id, is.
    package let modelDefinitions: [String: ModelDefinition]
    package let listenerDefinitions: [String: ListenerDefinition]
    private let programs: [String: ExecModel]

    /// Two models of one definition do the same.
    package struct ModelDefinition: Sendable, Hashable {
        let kind: Configuration.ModelSpec.Kind
        /// The configuration's folder.
        let directory: String
        let version: String
        /// What it runs with, its files included: with another one it is another model, whatever its version says.
        let setup: String
        let vectors: VectorFormat?
        let batchCount: Int?
        let batchBytes: Int?
    }

    /// Two listeners of one id and one definition do the same.
    package struct ListenerDefinition: Sendable, Hashable {
        let keys: [FieldPath]
        let filter: BSONDocument?
        let model: ModelDefinition
    }

    fileprivate init(
        listeners: [Listener], models: [String: AnyModel], modelDefinitions: [String: ModelDefinition],
        programs: [String: ExecModel]
    ) {
        self.listeners = listeners
        self.models = models
        self.modelDefinitions = modelDefinitions
        self.programs = programs
        var definitions: [String: ListenerDefinition] = [:]
        for listener in listeners {
            guard let model = modelDefinitions[listener.modelName] else { continue }
            definitions[listener.id] = ListenerDefinition(
                keys: listener.keys, filter: listener.filter, model: model)
        }
        listenerDefinitions = definitions
    }

    /// Ends the programs of `exec` models; blocks for up to 2 s. They cannot be used afterwards.
    public func shutdown() {
        Self.end(Array(programs.values))
    }

    /// The same, but for the models that `other` shares with this one.
    package func shutdown(except other: Assembly) {
        Self.end(
            programs.filter { other.modelDefinitions[$0.key] != modelDefinitions[$0.key] }.map(\.value))
    }

    private static func end(_ programs: [ExecModel]) {
        // Side by side: each waits for its own.
        DispatchQueue.concurrentPerform(iterations: programs.count) { programs[$0].shutdown() }
    }

    /// A model of that name that does the same, loaded or running perhaps.
    fileprivate func same(
        _ name: String, _ definition: ModelDefinition
    ) -> (model: AnyModel, program: ExecModel?)? {
        guard modelDefinitions[name] == definition, let model = models[name] else { return nil }
        return (model, programs[name])
    }
}

extension Configuration {
    /// Makes each model once, and the listeners on them. Loads no model and starts no program: that happens
    /// on first use. Reads the models' files to compute their versions.
    ///
    /// - Throws: every model whose files are not there.
    public func assemble() throws(ConfigurationError) -> Assembly {
        try assemble(reusing: nil)
    }

    /// - Parameter old: its models are taken over, loaded and running as they are, where their definition and version
    ///   are the same.
    package func assemble(reusing old: Assembly?) throws(ConfigurationError) -> Assembly {
        var problems = Problems(file: file)
        var models: [String: AnyModel] = [:]
        var definitions: [String: Assembly.ModelDefinition] = [:]
        var programs: [String: ExecModel] = [:]
        for (name, spec) in modelsInOrder {
            guard let version = version(spec, problems: &problems) else { continue }
            let definition = Assembly.ModelDefinition(
                kind: spec.kind, directory: directory, version: version, setup: setup(spec),
                vectors: spec.vectors,
                batchCount: spec.batchCount, batchBytes: spec.batchBytes)
            definitions[name] = definition
            if let same = old?.same(name, definition) {
                models[name] = same.model
                programs[name] = same.program
                continue
            }
            switch spec.kind {
            case .openvino(let directory):
                let path = resolve(directory)
                models[name] = AnyModel(
                    OpenVINOModel(
                        name: name, directory: path, version: version, count: spec.batchCount,
                        bytes: spec.batchBytes, vectors: spec.vectors ?? .bson), setup: definition.setup)
            case .exec(let exec):
                let program = ExecModel(
                    name: name,
                    command: ExecCommand(exec.arguments, directory: directory, environment: exec.environment),
                    version: version, workers: exec.workers,
                    timeout: exec.timeout, startTimeout: exec.startTimeout, count: spec.batchCount,
                    bytes: spec.batchBytes,
                    vectors: spec.vectors
                ) { [self] in setup(spec) == definition.setup }
                programs[name] = program
                models[name] = AnyModel(program, setup: definition.setup)
            }
        }
        var listeners: [Listener] = []
        for spec in self.listeners {
            guard let model = models[spec.model] else {
                // A missing directory is told once, at its model.
                if self.models[spec.model] == nil {
                    problems.add(spec.lines.model, "there is no model \(shown(spec.model))")
                }
                continue
            }
            listeners.append(
                Listener(
                    model: model, on: Collection(spec.collection), keys: spec.keys.map { FieldPath($0) },
                    as: spec.name, where: spec.filter))
        }
        guard problems.isEmpty else { throw problems.error }
        return Assembly(
            listeners: listeners, models: models, modelDefinitions: definitions, programs: programs)
    }

    /// The listeners alone, as ``assemble()`` makes them.
    public func makeListeners() throws(ConfigurationError) -> [Listener] {
        try assemble().listeners
    }

    private var modelsInOrder: [(String, ModelSpec)] {
        models.sorted { $0.value.line < $1.value.line }.map { ($0.key, $0.value) }
    }
}
