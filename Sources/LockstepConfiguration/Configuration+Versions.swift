import Foundation
import Lockstep
import LockstepProviders

extension Configuration {
    /// Nil, with a problem, where the model's files cannot be read.
    func version(_ spec: ModelSpec, problems: inout Problems) -> String? {
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
        add(exec.arguments, to: &version)
        return version.finish()
    }

    private func add(_ arguments: [String], to version: inout ModelVersion) {
        for (index, argument) in arguments.enumerated() {
            version.add(argument)
            if let file = file(of: argument, at: index) { _ = version.add(contentsOf: file) }
        }
    }

    /// The file beside the configuration that an argument of a program names, if it does.
    private func file(of argument: String, at index: Int) -> String? {
        if index == 0, !argument.contains("/") { return nil }
        let path = resolve(argument)
        // An interpreter of the machine is no part of the model.
        guard !argument.hasPrefix("/") || path.hasPrefix(directory + "/"), isFile(path) else { return nil }
        return path
    }

    /// A hash of all that a model runs with: whether inputs that broke it are worth another try, and whether one that runs
    /// is the one that the configuration means.
    func setup(_ spec: ModelSpec) -> String {
        var hash = ModelVersion()
        switch spec.kind {
        case .openvino(let directory):
            hash.add("openvino")
            // Large files: their sizes and times do.
            for file in openVINOModelFiles(directory: resolve(directory)) {
                let attributes = try? FileManager.default.attributesOfItem(atPath: file)
                hash.add(file)
                hash.add("\(attributes?[.size] as? Int ?? 0)")
                hash.add("\((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)")
            }
        case .exec(let exec):
            hash.add("exec")
            add(exec.arguments, to: &hash)
            hash.add("\(exec.timeout) \(exec.startTimeout)")
            var environment = ModelVersion()
            for (name, value) in exec.environment.sorted(by: { $0.key < $1.key }) {
                environment.add(name)
                environment.add(value)
            }
            // 16 bits: enough to notice a change, too few to guess a secret by, since the hash is stored.
            hash.add(String(environment.finish().prefix(4)))
        }
        return hash.finish()
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
