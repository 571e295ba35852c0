import Foundation

/// The files that define a model in a directory laid out as `optimum-cli export openvino` does, in a fixed
/// order: a version of the model is a hash of their names and contents, and of what the files beside them say.
func openVINOModelFiles(directory: String) -> [String] {
    OpenVINOModelDirectory.names.map { "\(directory)/\($0)" }
}

/// A directory with an encoder and its tokenizer.
struct OpenVINOModelDirectory: Hashable, Sendable {
    static let names = ["\(encoder).bin", "\(encoder).xml", "\(tokenizer).bin", "\(tokenizer).xml"]
    static let encoder = "openvino_model"
    static let tokenizer = "openvino_tokenizer"
    /// What to do when a model is missing or broken.
    static let hint = """
        Convert it again with `scripts/convert_model.py <model> <directory>` (docs/models.md); all-MiniLM-L6-v2 comes \
        with `make setup`.
        """
    /// What to do when there is no tokenizer.
    static let tokenizerHint = """
        `scripts/convert_model.py <directory> <new directory>` makes one, where tokenizer.json is (docs/models.md).
        """

    let path: String

    var missing: [String] {
        Self.names.filter { !FileManager.default.fileExists(atPath: file($0)) }
    }

    static func lacksTokenizerAlone(_ missing: [String]) -> Bool {
        missing.allSatisfy { $0.hasPrefix(tokenizer) }
    }

    func open() throws(OpenVINOError) {
        let missing = missing
        guard !missing.isEmpty else { return }
        throw OpenVINOError(
            code: .modelNotFound, operation: "open the model", place: path,
            message: "it has no \(missing.joined(separator: ", "))",
            hint: Self.lacksTokenizerAlone(missing) ? Self.tokenizerHint : Self.hint)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
