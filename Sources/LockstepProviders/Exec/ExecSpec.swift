import LockstepCore
import LockstepReading

/// A model that is a program, as `lockstep.yaml` says it.
package struct ExecSpec: Hashable, Sendable {
    /// The program and its arguments, as written in the file.
    package var arguments: [String]
    /// How long one batch may take, once the program has answered something. Default 60 s.
    package var timeout: Duration
    /// How long a program may take from its start to its first answer. Default 5 min, or `timeout` if that is longer.
    package var startTimeout: Duration
    /// Programs side by side. Default 1.
    package var workers: Int
    /// Variables for the program, beyond PATH and the like; may hold secrets.
    package var environment: [String: String]

    package init(
        arguments: [String], timeout: Duration = .seconds(60), startTimeout: Duration = .seconds(300),
        workers: Int = 1, environment: [String: String] = [:]
    ) {
        self.arguments = arguments
        self.timeout = timeout
        self.startTimeout = startTimeout
        self.workers = workers
        self.environment = environment
    }
}

extension ExecSpec: ProviderSpec {
    /// Arguments that are files beside the configuration count with their contents: a script that changes is
    /// another model.
    package func version(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String {
        var version = ModelHash()
        version.add("exec")
        version.add(vectors?.rawValue ?? "")
        add(arguments, to: &version, in: folder)
        return version.finish()
    }

    /// Nil where no file of the program is on this machine.
    package func versionAtHand(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String? {
        guard arguments.indices.contains(where: { file(of: arguments[$0], at: $0, in: folder) != nil }) else {
            return nil
        }
        return version(storing: vectors, in: folder)
    }

    package func setup(in folder: ConfigurationFolder) -> String {
        var hash = ModelHash()
        hash.add("exec")
        add(arguments, to: &hash, in: folder)
        hash.add("\(timeout) \(startTimeout)")
        var variables = ModelHash()
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            variables.add(name)
            variables.add(value)
        }
        // 16 bits: enough to notice a change, too few to guess a secret by, since the hash is stored.
        hash.add(String(variables.finish().prefix(4)))
        return hash.finish()
    }

    package func make(_ settings: ModelSettings, in folder: ConfigurationFolder) -> ProvidedModel {
        let program = ExecModel(
            name: settings.name,
            command: ExecCommand(arguments, directory: folder.path, environment: environment),
            version: settings.version, workers: workers, timeout: timeout, startTimeout: startTimeout,
            count: settings.batchCount, bytes: settings.batchBytes, vectors: settings.vectors
        ) { setup(in: folder) == settings.setup }
        return ProvidedModel(
            AnyModel(program, setup: settings.setup, terms: ModelTerms(hasMemo: settings.memo ?? false))
        ) { program.shutdown() }
    }

    private func add(_ arguments: [String], to hash: inout ModelHash, in folder: ConfigurationFolder) {
        for (index, argument) in arguments.enumerated() {
            hash.add(argument)
            if let file = file(of: argument, at: index, in: folder) { _ = hash.add(contentsOf: file) }
        }
    }

    /// The file beside the configuration that an argument of a program names, if it does.
    private func file(of argument: String, at index: Int, in folder: ConfigurationFolder) -> String? {
        if index == 0, !argument.contains("/") { return nil }
        let path = folder.resolve(argument)
        // An interpreter of the machine is no part of the model.
        guard !argument.hasPrefix("/") || folder.contains(path), ConfigurationFolder.isFile(path) else {
            return nil
        }
        return path
    }
}
