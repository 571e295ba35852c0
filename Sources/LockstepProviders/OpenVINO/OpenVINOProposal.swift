import Foundation
import LockstepReading

extension OpenVINOKind {
    private static let directoryName = "all-MiniLM-L6-v2"

    /// all-MiniLM-L6-v2 in `$LOCKSTEP_MODELS`, in the folder, or in one above, where OpenVINO is there to run it.
    package func proposals(in surroundings: Surroundings) -> [ModelProposal] {
        let (folder, environment) = (surroundings.folder, surroundings.environment)
        guard OpenVINORuntime.isInstalled(environment: environment) else { return [] }
        var candidates: [(path: String, written: String)] = []
        if let models = environment["LOCKSTEP_MODELS"], !models.isEmpty {
            let path = URL(fileURLWithPath: "\(models)/\(Self.directoryName)").standardizedFileURL.path
            candidates.append((path, path))
        }
        let own = ".lockstep/models/\(Self.directoryName)"
        var place = URL(fileURLWithPath: folder).standardizedFileURL
        var up = ""
        while true {
            candidates.append(("\(place.path)/\(own)", up + own))
            guard place.path != "/", up.count < 60 else { break }
            place.deleteLastPathComponent()
            up += "../"
        }
        let found = candidates.first { candidate in
            openVINOModelFiles(directory: candidate.path).allSatisfy(FileManager.default.fileExists(atPath:))
        }
        return found.map { [Self.miniLM(directory: $0.written)] } ?? []
    }

    /// - Parameter directory: as the file shall name it.
    package static func miniLM(directory: String) -> ModelProposal {
        ModelProposal(
            name: "minilm",
            about:
                "Texts to vectors of 384 numbers, in this process. Other models: `scripts/convert_model.py`.",
            lines: ["openvino: \(YAMLText.scalar(directory))"],
            advice:
                "Each listener computes a vector for each document: take out those that you do not need.")
    }
}
