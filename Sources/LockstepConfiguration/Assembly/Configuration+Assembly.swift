import LockstepCore
import LockstepProviders
import LockstepReading

extension Configuration {
    /// Makes each model once, and the listeners on them. Loads no model and starts no program: that happens
    /// on first use. Reads the models' files to compute their versions.
    ///
    /// - Parameter old: its models are taken over, loaded and running as they are, where their definition and version
    ///   are the same.
    /// - Parameter logsNotes: each model logs what was assumed of it when it is loaded; see ``notes(on:)``.
    /// - Throws: every model whose files are not there.
    package func assemble(
        reusing old: Assembly? = nil, logsNotes: Bool = true
    ) throws(ConfigurationError) -> Assembly {
        var problems = Problems(file: file)
        var models: [String: Assembly.AssembledModel] = [:]
        for (name, spec) in self.models.sorted(by: { $0.value.line < $1.value.line }) {
            do throws(ProviderProblem) {
                let definition = try definition(name, spec, logsNotes)
                models[name] =
                    old?.model(name, definition)
                    ?? .init(
                        definition: definition, provided: spec.provider.make(definition.settings, in: folder))
            } catch {
                problems.add(spec.line, error.message)
            }
        }
        var listeners: [Listener] = []
        var definitions: [String: Assembly.ListenerDefinition] = [:]
        for spec in self.listeners {
            // What keeps a model from being made is told once, at the model.
            guard let model = models[spec.model] else { continue }
            listeners.append(
                Listener(
                    model: model.provided.model, on: Collection(spec.collection),
                    keys: spec.inputs.map(\.path),
                    as: spec.name, where: spec.filter, store: spec.sink.store))
            definitions[spec.id] = .init(
                keys: spec.keys, filter: spec.filter, sink: AnySpec(spec.sink), model: model.definition)
        }
        guard problems.isEmpty else { throw problems.error }
        return Assembly(listeners: listeners, definitions: definitions, models: models)
    }

    private func definition(
        _ name: String, _ spec: ModelSpec, _ logsNotes: Bool
    ) throws(ProviderProblem) -> Assembly.ModelDefinition {
        try spec.provider.check(in: folder)
        let version =
            if let version = spec.version { version } else {
                try spec.provider.version(storing: spec.vectors, in: folder)
            }
        return Assembly.ModelDefinition(
            provider: AnySpec(spec.provider), folder: folder,
            settings: ModelSettings(
                name: name, version: version, setup: spec.provider.setup(in: folder), vectors: spec.vectors,
                batchCount: spec.batchCount, batchBytes: spec.batchBytes, memo: spec.memo,
                logsNotes: logsNotes))
    }
}
