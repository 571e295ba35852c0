import Foundation
public import Lockstep
import LockstepModels

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
                kind: spec.kind, directory: directory, version: version, vectors: spec.vectors,
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
                        bytes: spec.batchBytes, vectors: spec.vectors ?? .bson))
            case .exec(let exec):
                let program = ExecModel(
                    name: name,
                    command: ExecCommand(exec.arguments, directory: directory, environment: exec.environment),
                    version: version, workers: exec.workers,
                    timeout: exec.timeout, count: spec.batchCount, bytes: spec.batchBytes,
                    vectors: spec.vectors)
                programs[name] = program
                models[name] = AnyModel(program)
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

// MARK: Versions

extension Configuration {
    /// Nil, with a problem, where the model's files cannot be read.
    private func version(_ spec: ModelSpec, problems: inout Problems) -> String? {
        switch spec.kind {
        case .openvino(let directory):
            openvinoVersion(spec, directory, resolve(directory), problems: &problems)
        case .exec(let exec): spec.version ?? execVersion(spec, exec)
        }
    }

    private func openvinoVersion(
        _ spec: ModelSpec, _ directory: String, _ path: String, problems: inout Problems
    ) -> String? {
        let files = openVINOModelFiles(directory: path)
        guard FileManager.default.fileExists(atPath: path) else {
            problems.add(
                spec.line,
                "there is no directory `\(path)`: write where the model is, or make one with `optimum-cli export openvino`"
            )
            return nil
        }
        let missing = files.filter { !FileManager.default.fileExists(atPath: $0) }
        guard missing.isEmpty else {
            let names = missing.map { "`\(($0 as NSString).lastPathComponent)`" }.joined(separator: ", ")
            problems.add(
                spec.line,
                "`\(path)` is no OpenVINO model, it lacks \(names): export it with `optimum-cli export openvino`"
            )
            return nil
        }
        if let version = spec.version { return version }
        var version = ModelVersion()
        version.add("openvino")
        version.add(spec.vectors?.rawValue ?? VectorFormat.bson.rawValue)
        for file in files {
            version.add((file as NSString).lastPathComponent)
            guard version.add(contentsOf: file) else {
                problems.add(spec.line, "`\(file)` cannot be read: check its permissions")
                return nil
            }
        }
        return version.finish()
    }

    /// Arguments that are files beside the configuration count with their contents: a script that changes is
    /// another model.
    private func execVersion(_ spec: ModelSpec, _ exec: ExecSpec) -> String {
        var version = ModelVersion()
        version.add("exec")
        version.add(spec.vectors?.rawValue ?? "")
        for (index, argument) in exec.arguments.enumerated() {
            version.add(argument)
            if let file = file(of: argument, at: index) { _ = version.add(contentsOf: file) }
        }
        return version.finish()
    }

    /// The file beside the configuration that an argument of a program names, if it does.
    private func file(of argument: String, at index: Int) -> String? {
        if index == 0, !argument.contains("/") { return nil }
        let path = resolve(argument)
        // An interpreter of the machine is no part of the model.
        guard !argument.hasPrefix("/") || path.hasPrefix(directory + "/"), isFile(path) else { return nil }
        return path
    }

    private func isFile(_ path: String) -> Bool {
        let type = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isRegularFileKey])
        return type?.isRegularFile == true
    }
}

extension Configuration {
    /// What its listeners are, to compare with what a daemon runs. Versions that the file does not say are left out where
    /// they take a whole model's files, or where no file of the program is on this machine.
    package var signatures: [ListenerSignature] {
        let versions = models.compactMapValues { spec -> String? in
            if let version = spec.version { return version }
            guard case .exec(let exec) = spec.kind,
                exec.arguments.indices.contains(where: { file(of: exec.arguments[$0], at: $0) != nil })
            else { return nil }
            return execVersion(spec, exec)
        }
        return listeners.map {
            ListenerSignature(
                id: $0.id, collection: $0.collection, keys: $0.keys.map { FieldPath($0) },
                filter: $0.filter, output: $0.outputPath, version: versions[$0.model])
        }
    }
}
