import Foundation

/// Where the libraries of OpenVINO and of its tokenizers are.
struct OpenVINOLocation {
    let library: String
    let tokenizers: String

    /// Looks in `directory` when it is given, else in `$OPENVINO_DIR` when that is set, else in
    /// `.lockstep/python` under the current directory: what was named is not silently replaced.
    ///
    /// Each may be `openvino/libs` itself, the package `openvino`, or a folder pip installed into.
    static func find(directory: String?, environment: [String: String]) throws(OpenVINOError) -> Self {
        let named = environment["OPENVINO_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        let root = directory ?? named ?? ".lockstep/python"
        let folders = ["\(root)/openvino/libs", "\(root)/libs", root]

        let found = folders.lazy.compactMap { folder in library(in: folder).map { (folder, $0) } }.first
        guard let (folder, library) = found else {
            throw notFound("OpenVINO", tried: folders.map { "\($0)/libopenvino_c.so.*" })
        }
        let extensions = [
            "\(folder)/../../openvino_tokenizers/lib/libopenvino_tokenizers.so",
            "\(folder)/libopenvino_tokenizers.so",
        ]
        guard let tokenizers = extensions.first(where: FileManager.default.fileExists(atPath:)) else {
            throw notFound("its tokenizers", tried: extensions)
        }
        return Self(library: library, tokenizers: tokenizers)
    }

    /// The versioned name a wheel has, or the plain one of an installation.
    private static func library(in folder: String) -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix("libopenvino_c.so") }.max().map { "\(folder)/\($0)" }
    }

    private static func notFound(_ what: String, tried: [String]) -> OpenVINOError {
        OpenVINOError(
            code: .runtimeNotFound, operation: "find \(what)", place: tried.joined(separator: ", "),
            message: "no such file", hint: OpenVINORuntime.hint)
    }
}
