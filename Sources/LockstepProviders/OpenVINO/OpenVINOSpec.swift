import Foundation
import LockstepCore
import LockstepReading

/// A model of OpenVINO's, as `lockstep.yaml` says it.
package struct OpenVINOSpec: Hashable, Sendable {
    /// As `optimum-cli export openvino` lays it out; as written in the file.
    package var directory: String
    package var settings: EncoderSettings
    package var texts: TextSettings

    package init(
        directory: String, settings: EncoderSettings = EncoderSettings(),
        texts: TextSettings = TextSettings()
    ) {
        self.directory = directory
        self.settings = settings
        self.texts = texts
    }
}

extension OpenVINOSpec: ProviderSpec {
    package func check(in folder: ConfigurationFolder) throws(ProviderProblem) {
        let path = folder.resolve(directory)
        guard FileManager.default.fileExists(atPath: path) else {
            throw ProviderProblem(
                "there is no directory `\(path)`: write where the model is, or make one with `scripts/convert_model.py`"
            )
        }
        let missing = OpenVINOModelDirectory(path: path).missing
        guard missing.isEmpty else {
            let advice =
                OpenVINOModelDirectory.lacksTokenizerAlone(missing)
                ? "m" + OpenVINOModelDirectory.tokenizerHint.dropFirst()
                : "convert it with `scripts/convert_model.py`"
            throw ProviderProblem("`\(path)` is no OpenVINO model, it lacks \(missing.codeList): \(advice)")
        }
        _ = try plan(in: folder)
    }

    package func version(
        storing vectors: VectorFormat?, in folder: ConfigurationFolder
    ) throws(ProviderProblem) -> String {
        var version = ModelHash()
        source(storing: vectors, in: folder).add(try plan(in: folder), to: &version)
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
        hash.add("\(settings) \(texts)")
        // Large files: their sizes, times and numbers do.
        for file in files(in: folder) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            hash.add(file)
            hash.add("\(attributes?[.size] as? Int ?? 0)")
            hash.add("\((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)")
            hash.add("\(attributes?[.systemFileNumber] as? Int ?? 0)")
        }
        return hash.finish()
    }

    package func notes(in folder: ConfigurationFolder) -> [String] {
        (try? plan(in: folder))?.notes ?? []
    }

    package func make(_ settings: ModelSettings, in folder: ConfigurationFolder) -> ProvidedModel {
        let model = OpenVINOProvider(
            name: settings.name, directory: folder.resolve(directory), settings: self.settings,
            texts: texts, version: settings.version, setup: settings.setup, count: settings.batchCount,
            bytes: settings.batchBytes, vectors: settings.vectors ?? .bson,
            terms: ModelTerms(hasMemo: settings.memo ?? false), logsNotes: settings.logsNotes
        ) { loaded in
            // A version that the file says tells nothing of the bytes.
            loaded == settings.version || setup(in: folder) == settings.setup
        }
        return ProvidedModel(model)
    }

    private func plan(in folder: ConfigurationFolder) throws(ProviderProblem) -> EncoderPlan {
        do throws(PlanProblem) {
            return try source(storing: nil, in: folder).plan()
        } catch {
            throw ProviderProblem(
                "the model in `\(folder.resolve(directory))` cannot be used: \(error.message)")
        }
    }

    private func source(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> EncoderSource {
        EncoderSource(
            directory: folder.resolve(directory), settings: settings, texts: texts, vectors: vectors ?? .bson)
    }

    private func files(in folder: ConfigurationFolder) -> [String] {
        openVINOModelFiles(directory: folder.resolve(directory))
    }
}
