import Foundation

/// The files that define a model in a directory laid out as `optimum-cli export openvino` does, in a fixed
/// order: a version of the model is a hash of their names and contents.
public func openVINOModelFiles(directory: String) -> [String] {
    OpenVINOModelDirectory.names.map { "\(directory)/\($0)" }
}

/// A directory with an encoder and its tokenizer.
struct OpenVINOModelDirectory {
    static let names = [
        "openvino_model.bin", "openvino_model.xml", "openvino_tokenizer.bin", "openvino_tokenizer.xml",
    ]
    /// What to do when a model is missing or broken.
    static let hint = """
        Export it again with `optimum-cli export openvino --model <model> --task feature-extraction <directory>`; \
        all-MiniLM-L6-v2 comes with `make setup`.
        """

    let path: String

    static func open(_ path: String) throws(OpenVINOError) -> Self {
        let missing = names.filter { !FileManager.default.fileExists(atPath: "\(path)/\($0)") }
        guard missing.isEmpty else {
            throw OpenVINOError(
                code: .modelNotFound, operation: "open the model", place: path,
                message: "it has no \(missing.joined(separator: ", "))", hint: hint)
        }
        return Self(path: path)
    }

    func compile(
        _ name: String, on core: OpenVINOCore, _ properties: KeyValuePairs<String, String>
    ) throws(OpenVINOError) -> CompiledModel {
        try core.compile(xml: "\(path)/\(name).xml", bin: "\(path)/\(name).bin", properties)
    }
}
