import Foundation
import LockstepCore
import LockstepReading

/// A model of OpenVINO's, as `lockstep.yaml` says it.
package struct OpenVINOSpec: Hashable, Sendable {
    /// As `optimum-cli export openvino` lays it out; as written in the file.
    package var directory: String

    package init(directory: String) {
        self.directory = directory
    }
}

extension OpenVINOSpec: ProviderSpec {
    package func check(in folder: ConfigurationFolder) throws(ProviderProblem) {
        let path = folder.resolve(directory)
        guard FileManager.default.fileExists(atPath: path) else {
            throw ProviderProblem(
                "there is no directory `\(path)`: write where the model is, or make one with `optimum-cli export openvino`"
            )
        }
        let missing = files(in: folder).filter { !FileManager.default.fileExists(atPath: $0) }
        guard missing.isEmpty else {
            let names = missing.map { ($0 as NSString).lastPathComponent }
            throw ProviderProblem(
                "`\(path)` is no OpenVINO model, it lacks \(names.codeList): export it with `optimum-cli export openvino`"
            )
        }
    }

    package func version(
        storing vectors: VectorFormat?, in folder: ConfigurationFolder
    ) throws(ProviderProblem) -> String {
        var version = ModelHash()
        version.add("openvino")
        version.add((vectors ?? .bson).rawValue)
        for file in files(in: folder) {
            version.add((file as NSString).lastPathComponent)
            guard version.add(contentsOf: file) else {
                throw ProviderProblem("`\(file)` cannot be read: check its permissions")
            }
        }
        return version.finish()
    }

    package func setup(in folder: ConfigurationFolder) -> String {
        var hash = ModelHash()
        hash.add("openvino")
        // Large files: their sizes and times do.
        for file in files(in: folder) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            hash.add(file)
            hash.add("\(attributes?[.size] as? Int ?? 0)")
            hash.add("\((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)")
        }
        return hash.finish()
    }

    package func make(_ settings: ModelSettings, in folder: ConfigurationFolder) -> ProvidedModel {
        let model = OpenVINOModel(
            name: settings.name, directory: folder.resolve(directory), version: settings.version,
            count: settings.batchCount, bytes: settings.batchBytes, vectors: settings.vectors ?? .bson)
        return ProvidedModel(
            AnyModel(model, setup: settings.setup, terms: ModelTerms(hasMemo: settings.memo ?? false)))
    }

    private func files(in folder: ConfigurationFolder) -> [String] {
        openVINOModelFiles(directory: folder.resolve(directory))
    }
}
