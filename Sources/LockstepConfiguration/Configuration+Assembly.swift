import Foundation
public import Lockstep
import LockstepModels

/// The models and listeners of a configuration, ready to use.
public struct Assembly: Sendable {
    /// In the order of the file.
    public let listeners: [Listener]
    /// Those of the file, used or not, by name.
    package let models: [String: AnyModel]
    private let programs: [ExecModel]

    fileprivate init(listeners: [Listener], models: [String: AnyModel], programs: [ExecModel]) {
        self.listeners = listeners
        self.models = models
        self.programs = programs
    }

    /// Ends the programs of `exec` models; blocks for up to 2 s. They cannot be used afterwards.
    public func shutdown() {
        // Side by side: each waits for its own.
        let programs = programs
        DispatchQueue.concurrentPerform(iterations: programs.count) { programs[$0].shutdown() }
    }
}

extension Configuration {
    /// Makes each model once, and the listeners on them. Loads no model and starts no program: that happens
    /// on first use. Reads the models' files to compute their versions.
    ///
    /// - Throws: every model whose files are not there.
    public func assemble() throws(ConfigurationError) -> Assembly {
        var problems = Problems(file: file)
        var models: [String: AnyModel] = [:]
        var programs: [ExecModel] = []
        for (name, spec) in modelsInOrder {
            switch spec.kind {
            case .openvino(let directory):
                let path = resolve(directory)
                guard let version = openvinoVersion(spec, directory, path, problems: &problems) else {
                    continue
                }
                models[name] = AnyModel(
                    OpenVINOModel(
                        name: name, directory: path, version: version, count: spec.batchCount,
                        bytes: spec.batchBytes, vectors: spec.vectors ?? .bson))
            case .exec(let exec):
                let program = ExecModel(
                    name: name,
                    command: ExecCommand(exec.arguments, directory: directory, environment: exec.environment),
                    version: spec.version ?? execVersion(spec, exec), workers: exec.workers,
                    timeout: exec.timeout, count: spec.batchCount, bytes: spec.batchBytes,
                    vectors: spec.vectors)
                programs.append(program)
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
        return Assembly(listeners: listeners, models: models, programs: programs)
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
            if index == 0, !argument.contains("/") { continue }
            let path = resolve(argument)
            // An interpreter of the machine is no part of the model.
            guard !argument.hasPrefix("/") || path.hasPrefix(directory + "/"), isFile(path) else { continue }
            _ = version.add(contentsOf: path)
        }
        return version.finish()
    }

    private func isFile(_ path: String) -> Bool {
        let type = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isRegularFileKey])
        return type?.isRegularFile == true
    }
}
